using System.Diagnostics;
using System.Text.Json.Serialization;

namespace TokenLifecycle.Storage;

/// <summary>
/// One row of a store: a connection's tokens with everything needed to refresh them safely. Immutable and always written whole, so that no
/// reader ever sees the access token of one generation with the refresh token of another. Change a copy with <c>with</c>: it keeps every
/// member that is not named.
/// </summary>
/// <remarks>Two rows are equal if all members are; lists are compared by reference.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(RedactedJsonConverter<StoredToken>))]
public sealed record StoredToken
{
    /// <summary>Whose connection.</summary>
    public required TokenKey Key { get; init; }

    /// <summary>The tokens. A store keeps every value byte for byte.</summary>
    public required TokenSet Tokens { get; init; }

    /// <summary>
    /// The generation of the tokens, for compare-and-swap. Given by the store: it grows with every <see cref="ITokenStore.SaveAsync"/>,
    /// and is never used again for the same key, not even after the row was deleted. <see cref="Unsaved"/> before the first save.
    /// </summary>
    public long Version { get; init; }

    /// <summary>
    /// Why the user has to reconnect; <see langword="null"/> if the connection works. Kept until the next save of new tokens.
    /// </summary>
    public ReauthorizationReason? Reauthorization { get; init; }

    /// <summary>The last failed attempt; <see langword="null"/> after a success.</summary>
    public TokenFailure? Failure { get; init; }

    /// <summary>
    /// When the next refresh is due, or may be tried again after a failure. Drawn once with its jitter and stored, never re-rolled. Of a
    /// connection that needs a reconnect: when its user is to be notified again; <see langword="null"/> once that is done. In a store by
    /// the store's clock; <see cref="ITokenStore.ReadClockAsync"/>.
    /// </summary>
    public DateTimeOffset? NextRefreshAt { get; init; }

    /// <summary>When the current tokens were received. In a store by the store's clock, as <see cref="NextRefreshAt"/>.</summary>
    public DateTimeOffset ReceivedAt { get; init; }

    /// <summary>
    /// The fingerprint of the client settings with which the current tokens were received or, if the connection needs a reconnect, refused.
    /// Other settings may be accepted, so such a connection is then retried once. Empty if it is certain that the settings were not the
    /// reason; <see langword="null"/> if they are unknown.
    /// </summary>
    public string? ClientFingerprint { get; init; }

    /// <summary>
    /// Fingerprints of refresh tokens that this connection has already replaced, oldest first: a provider that returns one of them again
    /// must not undo a newer one. Never the tokens themselves.
    /// </summary>
    public IReadOnlyList<string> RetiredFingerprints { get; init; } = [];

    /// <summary>
    /// Written by the store in the same step that takes the lease, before any request goes out: a current refresh token with an intent has
    /// been, or may
    /// have been, sent. <see langword="null"/> if the stored refresh token was never sent.
    /// </summary>
    public RefreshIntent? Intent { get; init; }

    /// <summary>The version of a row that was never saved: saving with it means "there must be no row yet".</summary>
    public const long Unsaved = 0;

    /// <summary>
    /// Returns key, version and state, and never a token. Replaces the method of the record, which would print every member.
    /// </summary>
    public override string ToString() => $"{Key} v{Version}, {(Reauthorization is { } reason ? $"reauthorization required ({reason})" : "alive")}: {Tokens}";
}
