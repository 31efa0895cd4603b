using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Redis;

/// <summary>What the store reports to an operator.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(301, LogLevel.Information, "Listening in Redis for changes that other processes make to connections.")]
    public static partial void ListeningInRedis(ILogger logger);

    [LoggerMessage(302, LogLevel.Warning, "Changes that other processes make to connections are not received from Redis now. They are seen after CacheDuration. The connection is retried automatically.")]
    public static partial void NotListeningInRedis(ILogger logger, Exception? exception);

    [LoggerMessage(303, LogLevel.Warning, "{Count} connection(s) were missing in an index in Redis, so that no background refresh found them. The entries were added. Check that no one deletes keys and that nothing is evicted.")]
    public static partial void IndexRepaired(ILogger logger, int count);
}
