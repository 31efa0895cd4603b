using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace TokenLifecycle.TestKit;

/// <summary>Remembers the log lines of a container.</summary>
public sealed class LogRecorder : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, int Id, string Text)> _lines = new();
    private readonly ConcurrentQueue<string> _printed = new();

    public IReadOnlyCollection<(LogLevel Level, int Id, string Text)> Lines => _lines;

    /// <summary>The lines as a log file has them, with their exceptions.</summary>
    public IReadOnlyCollection<string> Printed => _printed;

    public int CountOf(int id) => _lines.Count(line => line.Id == id);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue((logLevel, eventId.Id, formatter(state, exception)));
        _printed.Enqueue($"{eventId.Id} {logLevel} {formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}
