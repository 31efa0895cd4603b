using System.Globalization;
using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>What a worker's library logs, beside its diary, for whoever looks into a loss. Nothing is judged by it.</summary>
internal sealed class FileLog(string path, TimeProvider time) : ILoggerProvider, ILogger
{
    private readonly StreamWriter _file = new(path, append: true) { AutoFlush = true };
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():HH:mm:ss.fff} {logLevel} {eventId.Id} {formatter(state, exception)} {exception?.GetType().Name}");
        lock (_lock)
            _file.WriteLine(line);
    }

    public void Dispose() => _file.Dispose();
}
