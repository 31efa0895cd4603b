using Microsoft.Extensions.Logging;

namespace TokenLifecycle.TestKit;

/// <summary>Reads every log entry at every level: the text, the named values, the scopes, the exception.</summary>
public sealed class CanaryLoggerProvider(CanaryWatch watch) : ILoggerProvider, ISupportExternalScope
{
    private const string Channel = "log";

    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public ILogger CreateLogger(string categoryName) => new CanaryLogger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
        // There is nothing to let go of: the watch outlives the container.
    }

    private void Read(string place, object? state)
    {
        watch.Scan(Channel, place, state?.ToString());
        if (state is IEnumerable<KeyValuePair<string, object?>> values)
        {
            foreach ((string name, object? value) in values)
                watch.Scan(Channel, place, name, value);
        }
    }

    private sealed class CanaryLogger(CanaryLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => provider._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string place = $"{category} {eventId.Id} {eventId.Name}";
            provider.Read($"{place} text", formatter(state, exception));
            provider.Read($"{place} state", state);
            provider.Read($"{place} exception", exception);
            provider._scopes.ForEachScope((scope, self) => self.provider.Read($"{self.place} scope", scope), (provider, place));
        }
    }
}
