using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Webhooks;

/// <summary>A report that cannot be checked, for whatever reason, keeps no later one from being checked.</summary>
[Trait("Rule", "FR-2")]
public sealed class ReportLoopTests
{
    public static TheoryData<string> Failures => ["format", "canceled", "disposed", "later", "earlier than now"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task The_next_report_is_checked(string failure)
    {
        var manager = new ThrowingManager(failure);
        var clock = new ManualTimeProvider();
        var store = new InMemoryTokenStore(clock);
        foreach (string user in new[] { "ada", "bob" })
        {
            await store.SaveAsync(
                new StoredToken { Key = new TokenKey("strava", user), Tokens = new TokenSet { AccessToken = "at", AccountId = user }, ReceivedAt = clock.GetUtcNow() }, StoredToken.Unsaved, CancellationToken.None);
        }

        await using WebWorld world = await WebWorld.StartAsync(services: services => services.AddSingleton<ITokenStore>(store));
        using var reports = ActivatorUtilities.CreateInstance<WithdrawalReports>(world.App.Services, manager, clock, new ThrowingLog());
        await reports.StartAsync(CancellationToken.None);

        reports.TryReport("strava", "ada");
        reports.TryReport("strava", "bob");
        while (!manager.Asked.Contains("bob"))
        {
            if (clock.NextTimerIn is { } next)
                clock.Advance(next);
            reports.ExecuteTask!.IsCompleted.Should().BeFalse("the loop goes on");
            await Task.Yield();
        }

        await reports.StopAsync(CancellationToken.None);
        reports.ExecuteTask!.IsFaulted.Should().BeFalse();
    }

    private sealed class ThrowingLog : ILogger<WithdrawalReports>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => throw new IOException("The log fails.");
    }

    private sealed class ThrowingManager(string failure) : ITokenManager
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Asked { get; } = new();

        public Task<AccessToken> RefreshAsync(TokenKey key, AccessToken? rejected = null, CancellationToken cancellationToken = default)
        {
            Asked.Enqueue(key.UserId);
            throw failure switch
            {
                "format" => new FormatException("'30s' is no time."),
                "canceled" => new OperationCanceledException("Not by anyone here."),
                "disposed" => new ObjectDisposedException("something"),
                "later" => new TokenTemporarilyUnavailableException(key, TokenFailureKind.StoreUnavailable, TimeSpan.FromSeconds(5)),
                _ => new TokenTemporarilyUnavailableException(key, TokenFailureKind.StoreUnavailable, TimeSpan.FromSeconds(-5)),
            };
        }

        public ValueTask<AccessToken> GetAccessTokenAsync(TokenKey key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<AccessToken> GetAccessTokenAsync(TokenKey key, TimeSpan minimumValidity, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task SaveAsync(TokenKey key, TokenSet tokens, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<ConnectionStatus> GetStatusAsync(TokenKey key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<RevocationOutcome> DisconnectAsync(TokenKey key, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
