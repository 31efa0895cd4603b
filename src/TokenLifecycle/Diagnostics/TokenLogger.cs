using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.Diagnostics;

/// <summary>
/// The logger of a category, which also knows whether the app wants user ids in its log. Never throws: a failing log provider of the app
/// must not change the outcome of an operation.
/// </summary>
internal sealed class TokenLogger<TCategory>(ILoggerFactory factory, IOptionsMonitor<TokenLifecycleOptions> options) : ILogger<TCategory>, INamesUsers
{
    private readonly GuardedLogger _inner = new(factory.CreateLogger<TCategory>());

    public bool MayNameUsers
    {
        get
        {
            try
            {
                return options.CurrentValue.LogUserIds;
            }
            catch (Exception)
            {
                return false;
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => _inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _inner.Log(logLevel, eventId, state, exception, formatter);
}
