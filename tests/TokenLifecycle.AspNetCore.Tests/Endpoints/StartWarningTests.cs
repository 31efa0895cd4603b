using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

public sealed class StartWarningTests
{
    [Theory]
    [InlineData(LogLevel.Information, true)]
    [InlineData(LogLevel.Warning, false)]
    public async Task LG_6_The_start_warns_if_the_framework_is_going_to_log_callbacks_with_their_query(LogLevel level, bool warns)
    {
        Recorder log = new();
        await using WebWorld world = await WebWorld.StartAsync(services: services => services.AddLogging(logging =>
            logging.AddProvider(log).AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", level)));

        log.Lines.Any(line => line.Contains("Microsoft.AspNetCore.Hosting.Diagnostics logs at Information", StringComparison.Ordinal) && line.Contains("form_post", StringComparison.Ordinal))
            .Should().Be(warns);
    }

    private sealed class Recorder : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel} {formatter(state, exception)}");

        public void Dispose() => Lines.Clear();
    }
}
