using Microsoft.Extensions.Logging;

namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>Messages about listening for changes.</summary>
internal static partial class ChangeLog
{
    [LoggerMessage(201, LogLevel.Information, "Listening for changes that other processes make to connections.")]
    public static partial void Listening(ILogger logger);

    [LoggerMessage(202, LogLevel.Warning, "Changes that other processes make to connections are currently not received; they are seen when CacheDuration is over. Listening is retried automatically.")]
    public static partial void Deaf(ILogger logger, Exception exception);

    [LoggerMessage(203, LogLevel.Error, "NotifyChanges is set, but {Reason} Changes that other processes make to connections are seen when CacheDuration is over.")]
    public static partial void CannotListen(ILogger logger, string reason);
}
