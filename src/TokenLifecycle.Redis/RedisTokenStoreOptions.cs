using StackExchange.Redis;

namespace TokenLifecycle.Redis;

/// <summary>
/// How the store in Redis behaves. Set <see cref="KeyPrefix"/> and <see cref="NotifyChanges"/> to the same values in all processes.
/// </summary>
public sealed class RedisTokenStoreOptions
{
    /// <summary>
    /// How to connect, as StackExchange.Redis reads it: <c>"redis-1:6379,redis-2:6379,password=…"</c>. Unless it says otherwise,
    /// <c>abortConnect</c> is <c>false</c>.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: the store uses the app's <see cref="IConnectionMultiplexer"/>.</value>
    public string? Configuration { get; set; }

    /// <summary>Returns the connection to use instead of <see cref="Configuration"/>. The app disposes it.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public Func<IServiceProvider, Task<IConnectionMultiplexer>>? ConnectionMultiplexerFactory { get; set; }

    /// <summary>
    /// What all keys and the channel of the store begin with. May contain letters, digits, and <c>:._-</c>. Use another prefix for each app
    /// that shares the Redis.
    /// </summary>
    /// <value>The default value is <c>tokenlifecycle</c>.</value>
    public string KeyPrefix { get; set; } = "tokenlifecycle";

    /// <summary>
    /// Whether processes notify each other of disconnects, new tokens, and connections that need a reconnect by Redis' publish and
    /// subscribe, so that what one of them has cached is out of date at once and not after <c>CacheDuration</c>.
    /// </summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool NotifyChanges { get; set; } = true;

    /// <summary>
    /// What a Redis must promise to keep. The check of the store reports a Redis that promises less, with what can be lost. It reads
    /// <c>appendonly</c> and <c>appendfsync</c>.
    /// </summary>
    /// <value>The default value is <see cref="RedisDurability.EveryWrite"/>.</value>
    public RedisDurability ExpectedDurability { get; set; } = RedisDurability.EveryWrite;

    /// <summary>
    /// How often one of the processes reads all rows, a page with each background refresh, and adds index entries that are missing.
    /// <see cref="Timeout.InfiniteTimeSpan"/> switches it off.
    /// </summary>
    /// <value>The default value is one hour.</value>
    public TimeSpan IndexCheckInterval { get; set; } = TimeSpan.FromHours(1);
}
