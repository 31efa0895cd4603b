namespace TokenLifecycle.Redis;

/// <summary>What a Redis keeps when its process or machine crashes.</summary>
public enum RedisDurability
{
    /// <summary>Every write that was confirmed: <c>appendonly yes</c> and <c>appendfsync always</c>.</summary>
    EveryWrite,

    /// <summary>All but the writes of about the last second: <c>appendonly yes</c> and <c>appendfsync everysec</c>.</summary>
    EverySecond,

    /// <summary>Whatever there is. Nothing is checked.</summary>
    Unchecked,
}
