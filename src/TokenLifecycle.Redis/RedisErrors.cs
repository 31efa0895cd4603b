using StackExchange.Redis;

namespace TokenLifecycle.Redis;

/// <summary>What the errors of Redis mean for a token store, and what to do.</summary>
internal static class RedisErrors
{
    /// <summary>Whether the result of a command was lost: it may have run, or may run later.</summary>
    public static bool IsAmbiguous(Exception failure) => failure is RedisTimeoutException or RedisConnectionException;

    /// <summary>
    /// Returns what happened and what to do; <see langword="null"/> where the message of the exception says enough. Redis has refused these
    /// commands, so nothing was changed.
    /// </summary>
    public static string? Explain(Exception failure) => failure is not RedisServerException ? null : failure.Message.Split(' ', 2)[0] switch
    {
        "LOADING" => "Redis is loading its data after a start. It is retried.",
        "READONLY" => "this Redis is a replica and takes no writes. After a failover this resolves itself; otherwise connect to the primary.",
        "MOVED" or "ASK" or "TRYAGAIN" or "CLUSTERDOWN" => "the Redis Cluster is moving slots or has lost a master. It is retried; check CLUSTER INFO if it continues.",
        "MASTERDOWN" => "the replica has lost its primary. It is retried.",
        "NOREPLICAS" => "Redis has fewer replicas in sync than min-replicas-to-write asks for. Check the replicas.",
        "MISCONF" => "Redis cannot write to its disk and so takes no writes. Make room, or check the log of Redis.",
        "OOM" => "Redis has reached maxmemory. Raise it.",
        "BUSY" => "Redis is running a script of another client that does not end. Use SCRIPT KILL.",
        "NOPERM" => "the user of this connection may not run a command of the store. Allow +@read +@write +@scripting +@pubsub +@connection +time +scan on the keys and channels that begin with KeyPrefix.",
        "NOAUTH" or "WRONGPASS" => "Redis refused user or password. Check the configuration string.",
        _ => null,
    };
}
