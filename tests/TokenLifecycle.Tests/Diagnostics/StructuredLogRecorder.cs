using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Tests.Diagnostics;

/// <summary>All that a log line can be made of: its text, its values, and its exception.</summary>
internal sealed class StructuredLogRecorder : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _lines = new();

    public IReadOnlyCollection<(int Id, string Text)> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}")) : "";
        _lines.Enqueue((eventId.Id, $"{eventId.Name}: {formatter(state, exception)} | {values} | {exception}"));
    }

    public void Dispose()
    {
    }
}
