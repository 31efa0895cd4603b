using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;

namespace TokenLifecycle;

/// <summary>
/// What a token endpoint returned (RFC 6749 section 5.1), complete: give it to <see cref="ITokenManager.SaveAsync"/> as one piece.
/// Immutable; printing it never shows a secret. Change a copy with <c>with</c>.
/// </summary>
/// <remarks>Two token sets are equal if all members are equal; the lists of scopes and captured fields are compared by reference.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(RedactedJsonConverter<TokenSet>))]
public sealed record TokenSet
{
    private const string Bearer = "Bearer";

    /// <summary>The access token, as sent to the API.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public required string AccessToken { get; init; }

    /// <summary>The token type.</summary>
    /// <value>The default value is <c>Bearer</c>.</value>
    public string TokenType
    {
        get;
        init => field = value == Bearer ? Bearer : value; // Nearly all responses contain it, and otherwise each row would hold a separate string.
    } = Bearer;

    /// <summary>The refresh token; <see langword="null"/> if the provider gave none.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? RefreshToken { get; init; }

    /// <summary>
    /// When the access token was asked for: the start of its lifetime, so that a slow reply never makes it seem younger than it is.
    /// </summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>When the access token expires; <see langword="null"/> means unknown, never unlimited.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the refresh token expires, if the provider states it (<c>refresh_token_expires_in</c>).</summary>
    public DateTimeOffset? RefreshTokenExpiresAt { get; init; }

    /// <summary>
    /// The granted scopes. <see langword="null"/> means the reply did not name any, so they are as requested (RFC 6749 section 5.1); empty
    /// means none was granted.
    /// </summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>
    /// The provider's immutable id of the connected account, for example Strava's athlete id; <see langword="null"/> if the reply held
    /// none.
    /// </summary>
    public string? AccountId { get; init; }

    /// <summary>The further reply members named in <c>CapturedFields</c>, by path.</summary>
    public IReadOnlyDictionary<string, string> Captured { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// The origin (scheme, host, port) of the token endpoint that issued these tokens. A refresh token is never sent to another one.
    /// <see langword="null"/> means the provider's current token endpoint.
    /// </summary>
    public string? Issuer { get; init; }

    /// <summary>
    /// The issuer that proved <see cref="AccountId"/>, if the account may be used to sign in as the connection's user: the issuer of the ID
    /// token, or the origin of the token endpoint. <see langword="null"/>: the connection gives access to data and signs no one in.
    /// </summary>
    /// <value>The default value is <see langword="null"/>. A sign-in sets it, or the app does when it starts to connect.</value>
    public string? SignInIssuer { get; init; }

    /// <summary>The client the tokens were issued to; <see langword="null"/> means the provider's current <c>ClientId</c>.</summary>
    public string? ClientId { get; init; }

    /// <summary>
    /// How long the access token lives, from <see cref="IssuedAt"/> to <see cref="ExpiresAt"/>; <see langword="null"/> if either is
    /// unknown.
    /// </summary>
    public TimeSpan? Lifetime => ExpiresAt - IssuedAt;

    /// <summary>
    /// Returns which tokens there are and when they expire, and never their values. Replaces the method of the record, which would print
    /// every member.
    /// </summary>
    public override string ToString() =>
        $"{TokenType} token set (redacted), expires {ExpiresAt?.ToString("u") ?? "at an unknown time"}, {(RefreshToken is null ? "no refresh token" : "with refresh token")}";
}
