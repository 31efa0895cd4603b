using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// What this process remembers of a connection. Its times are kept by both clocks: the wall clock sees a machine that slept,
/// the monotonic one is not fooled when the wall clock is set back (D7).
/// </summary>
internal sealed class CachedToken
{
    /// <summary>The row; null if the connection was disconnected here and only its last version is remembered.</summary>
    public required StoredToken? Row { get; init; }

    public required long Version { get; init; }

    /// <summary>What callers get; null without a row.</summary>
    public required AccessToken? Token { get; init; }

    /// <summary>The monotonic timestamp at which the access token expires; the maximum if unknown.</summary>
    public required long EndsAt { get; init; }

    /// <summary>Until this monotonic timestamp the token is handed out without a thought.</summary>
    public required long WarmUntil { get; init; }

    /// <summary>The same by the wall clock, in UTC ticks.</summary>
    public required long WarmUntilWall { get; init; }

    /// <summary>From this monotonic timestamp on the store is asked again.</summary>
    public required long FreshUntil { get; init; }

    /// <summary>Both clocks when this process received the tokens; <see langword="null"/> if it read them from the store.</summary>
    public StoreClock.Reading? ReceivedAt { get; init; }

    /// <summary>
    /// The monotonic timestamp of this process's last forced refresh of the connection; <see cref="Never"/> if there was none.
    /// </summary>
    public long ForcedAt { get; init; } = Never;

    /// <summary>
    /// Returns how long ago this process received the tokens, by the clock that advanced more; <see langword="null"/> if it did not receive
    /// them.
    /// </summary>
    public TimeSpan? AgeBy(TimeProvider time) =>
        ReceivedAt is { } received ? RefreshTiming.Max(time.GetElapsedTime(received.Timestamp), time.GetUtcNow() - received.Wall) : null;

    public const long Never = long.MinValue;

    /// <summary>The entry of a connection that was disconnected, whose version is remembered.</summary>
    public static CachedToken Ended(long version, long freshUntil) => new()
    {
        Row = null,
        Version = version,
        Token = null,
        EndsAt = 0,
        WarmUntil = 0,
        WarmUntilWall = 0,
        FreshUntil = freshUntil,
    };

    /// <summary>Returns the entry with other times until which it is used without asking the store.</summary>
    public CachedToken Until(long freshUntil, long? warmUntil = null) => new()
    {
        Row = Row,
        Version = Version,
        Token = Token,
        EndsAt = EndsAt,
        WarmUntil = warmUntil ?? WarmUntil,
        WarmUntilWall = WarmUntilWall,
        FreshUntil = freshUntil,
        ForcedAt = ForcedAt,
        ReceivedAt = ReceivedAt,
    };
}
