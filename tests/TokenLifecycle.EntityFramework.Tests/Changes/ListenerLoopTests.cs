using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.EntityFramework.PostgreSql;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.EntityFramework.Tests.Changes;

/// <summary>Whatever keeps it from listening, it is tried again.</summary>
[Trait("Rule", "FR-2")]
public sealed class ListenerLoopTests
{
    public static TheoryData<string> Failures => ["format", "canceled", "disposed"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Listening_is_tried_again(string failure)
    {
        var clock = new ManualTimeProvider();
        var scopes = new ThrowingScopes(failure);
        using var listener = new PostgreSqlChangeListener(
            clock,
            new Forgetful(),
            Microsoft.Extensions.Options.Options.Create(new PostgreSqlStoreOptions { NotifyChanges = true }),
            new ThrowingLogs(),
            new ScopedContext<AppDb>(scopes));
        await listener.StartAsync(CancellationToken.None);

        while (scopes.Asked < 5)
        {
            if (clock.NextTimerIn is { } next)
                clock.Advance(next);
            listener.ExecuteTask!.IsCompleted.Should().BeFalse("the loop goes on");
            await Task.Yield();
        }

        await listener.StopAsync(CancellationToken.None);
        listener.ExecuteTask!.IsFaulted.Should().BeFalse();
    }

    [Fact]
    public void Settings_of_the_store_are_those_of_the_start()
    {
        bool isBad = false;
        var services = new ServiceCollection();
        services.AddTokenLifecycle().WithoutProtection().UseEntityFrameworkStore<AppDb>().UsePostgreSql(_ =>
        {
            if (isBad)
                throw new FormatException("'30s' is no time.");
        });
        using ServiceProvider built = services.BuildServiceProvider();
        built.GetRequiredService<IStartupValidator>().Validate();

        isBad = true;
        built.GetRequiredService<IOptionsMonitorCache<PostgreSqlStoreOptions>>().Clear(); // As a reload does.

        built.GetRequiredService<IOptions<PostgreSqlStoreOptions>>().Value.NotifyChanges.Should().BeFalse();
    }

    private sealed class ThrowingScopes(string failure) : IServiceScopeFactory
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public IServiceScope CreateScope()
        {
            Interlocked.Increment(ref _asked);
            throw failure switch
            {
                "format" => new FormatException("'30s' is no time."),
                "canceled" => new OperationCanceledException("Not by anyone here."),
                _ => new ObjectDisposedException("something"),
            };
        }
    }

    private sealed class ThrowingLogs : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => throw new IOException("The log fails.");

        public void Dispose()
        {
        }
    }

    private sealed class Forgetful : ITokenCacheInvalidator
    {
        public void Invalidate(TokenInvalidation change)
        {
        }

        public void OutdateAll()
        {
        }
    }
}
