using System.Diagnostics;
using System.Text.Json.Serialization;

namespace TokenLifecycle.Importing;

/// <summary>
/// One connection as another system kept it, unchecked: whatever is wrong with a value, <see cref="TokenImporter"/> refuses the row and
/// says why. Make it by hand, or let <see cref="ImportMapping"/> read it from a table.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(RedactedJsonConverter<ImportRow>))]
public sealed class ImportRow
{
    /// <summary>What the report calls this row, for example <c>user_settings id=3</c>. Never a secret.</summary>
    /// <value>The default value is <see langword="null"/>: its number in the input.</value>
    public string? Source { get; init; }

    /// <summary>The tenant of the app that the user belongs to.</summary>
    /// <value>The default value is <see langword="null"/>: none.</value>
    public string? Tenant { get; init; }

    /// <summary>The provider's name, as given to <c>AddProvider</c>.</summary>
    public string? Provider { get; init; }

    /// <summary>The app's own, stable id of its user.</summary>
    public string? UserId { get; init; }

    /// <summary>Which of the user's connections to this provider.</summary>
    /// <value>The default value is <see langword="null"/>: <see cref="TokenKey.DefaultConnection"/>.</value>
    public string? Connection { get; init; }

    /// <summary>The access token, as it was received.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? AccessToken { get; init; }

    /// <summary>The refresh token, as it was received.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? RefreshToken { get; init; }

    /// <summary>
    /// When the access token expires: a number or text of seconds or milliseconds since 1970, a <see cref="DateTimeOffset"/>, a <see
    /// cref="DateTime"/>
    /// (UTC, if it does not say), or text as ISO 8601 and databases write it. <see langword="null"/> or empty means unknown.
    /// </summary>
    public object? ExpiresAt { get; init; }

    /// <summary>The granted scopes, separated by spaces or commas. <see langword="null"/> or empty means unknown.</summary>
    public string? Scope { get; init; }

    /// <summary>The provider's immutable id of the account, for example Strava's athlete id.</summary>
    public string? AccountId { get; init; }

    /// <summary>
    /// Whether the account may be used to sign in as the user: state it only if the old system proved that the account is the user's own,
    /// for example because it signed the user in with it.
    /// </summary>
    /// <value>The default value is <see langword="false"/>: the connection gives access to data and signs no one in.</value>
    public bool AllowSignIn { get; init; }

    /// <summary>
    /// When the access token was issued, written as <see cref="ExpiresAt"/>. Only used to find the newer of two rows of one connection,
    /// and, for a provider with a
    /// <c>DefaultLifetime</c>, when a token without <see cref="ExpiresAt"/> ends: what such a column holds is too often the age of the row.
    /// </summary>
    public object? IssuedAt { get; init; }

    /// <summary>Why a value could not even be read from its table.</summary>
    internal string? Problem { get; init; }

    /// <summary>The row's name in the report.</summary>
    public override string ToString() => Source ?? "import row";
}
