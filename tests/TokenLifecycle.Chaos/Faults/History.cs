using System.Collections.Concurrent;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>What the run has done and seen, apart from the server's log and the workers' diaries.</summary>
internal sealed class History
{
    public ConcurrentQueue<Injected> Faults { get; } = new();

    public ConcurrentQueue<Promotion> Promotions { get; } = new();

    public ConcurrentQueue<HeldReplies> Holds { get; } = new();

    public ConcurrentQueue<Connect> Connects { get; } = new();

    public ConcurrentQueue<Reconnect> Reconnects { get; } = new();

    /// <summary>Which worker sent a refresh token to the server, in the order of arrival.</summary>
    public ConcurrentDictionary<string, ConcurrentQueue<string>> Senders { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, int> Errors { get; } = new(StringComparer.Ordinal);

    public int Foreign;

    public int Served;

    public int RejectedByApi;
}

/// <summary>A standby has become the primary.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="FailedAt">From then on nothing is committed in the former primary.</param>
/// <param name="OpenAt">Before then nothing is committed in the new one.</param>
/// <param name="Rows">By user, what the new one held then.</param>
internal sealed record Promotion(Injected Fault, DateTimeOffset FailedAt, DateTimeOffset OpenAt, IReadOnlyDictionary<string, StandbyRow> Rows);

/// <param name="Token">The fingerprint of the refresh token.</param>
/// <param name="HasIntent">Whether it is noted that somebody was about to send it.</param>
internal sealed record StandbyRow(string Token, bool HasIntent);

/// <summary>A time in which the server did not let answers go that it had made.</summary>
internal sealed record HeldReplies(DateTimeOffset From, string? Worker)
{
    public DateTimeOffset To { get; set; } = DateTimeOffset.MaxValue;
}

/// <summary>A user has connected, or tried to: the first refresh token of a grant.</summary>
internal sealed record Connect(string User, string Token, DateTimeOffset Begun)
{
    /// <summary>When the store had taken it; null if that is not known.</summary>
    public DateTimeOffset? SavedAt { get; set; }
}

/// <summary>A worker has asked for a reconnect; or its user has lost patience.</summary>
internal sealed record Reconnect(string User, Life Life, string Reason, DateTimeOffset AskedAt, DateTimeOffset At)
{
    public const string ByUser = "by the user";
}
