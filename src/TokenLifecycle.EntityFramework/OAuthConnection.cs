namespace TokenLifecycle.EntityFramework;

/// <summary>
/// A connection as the table has it, for the app's own queries: <c>db.Set&lt;OAuthConnection&gt;().Where(c => c.FailureKind != null)</c>.
/// Only the store creates and changes it, and only the store reads its tokens. Times are UTC.
/// </summary>
/// <remarks>
/// To adopt a table whose columns have other names, name them after <c>AddTokenLifecycle()</c>, as for any entity. The class is sealed, so
/// a context with <c>UseLazyLoadingProxies()</c> cannot have it; use a separate context for the connections.
/// </remarks>
public sealed class OAuthConnection
{
    internal OAuthConnection()
    {
    }

    /// <summary>Gets the provider's name; first part of the key.</summary>
    public string Provider { get; internal set; } = "";

    /// <summary>Gets the app's own id of its user; second part of the key.</summary>
    public string UserId { get; internal set; } = "";

    /// <summary>Gets which of the user's connections; third part of the key.</summary>
    public string Connection { get; internal set; } = "";

    /// <summary>Gets the tenant of the app that the user belongs to; last part of the key. Empty for none.</summary>
    public string Tenant { get; internal set; } = "";

    /// <summary>Gets the access token, protected.</summary>
    internal string AccessToken { get; set; } = null!; // A row of an adopted table may have none.

    /// <summary>Gets the refresh token, protected; <see langword="null"/> if there is none.</summary>
    internal string? RefreshToken { get; set; }

    /// <summary>Gets the token type; <see langword="null"/> means <c>Bearer</c>.</summary>
    public string? TokenType { get; internal set; }

    /// <summary>Gets further reply members, as <c>name=value</c> pairs, percent-encoded and joined by <c>&amp;</c>.</summary>
    internal string? Captured { get; set; }

    /// <summary>Gets when the access token was asked for.</summary>
    public DateTime? IssuedAt { get; internal set; }

    /// <summary>Gets when the access token expires.</summary>
    public DateTime? ExpiresAt { get; internal set; }

    /// <summary>Gets when the refresh token expires.</summary>
    public DateTime? RefreshTokenExpiresAt { get; internal set; }

    /// <summary>Gets the granted scopes, separated by spaces; empty for none, <see langword="null"/> for not named.</summary>
    public string? Scopes { get; internal set; }

    /// <summary>Gets the provider's id of the connected account.</summary>
    public string? AccountId { get; internal set; }

    /// <summary>Gets the origin of the token endpoint that issued the tokens.</summary>
    public string? Issuer { get; internal set; }

    /// <summary>Gets the client that the tokens were issued to.</summary>
    public string? ClientId { get; internal set; }

    /// <summary>
    /// Gets the issuer of accounts that the connection may sign in with; <see langword="null"/> if it may not sign anyone in.
    /// </summary>
    public string? SignInIssuer { get; internal set; }

    /// <summary>Gets when the tokens were received.</summary>
    public DateTime? ReceivedAt { get; internal set; }

    /// <summary>Gets when the next refresh is due.</summary>
    public DateTime? NextRefreshAt { get; internal set; }

    /// <summary>
    /// Gets why the user has to connect again, as a name of <see cref="ReauthorizationReason"/>; <see langword="null"/> while the
    /// connection is alive.
    /// </summary>
    public string? Reauthorization { get; internal set; }

    /// <summary>
    /// Gets what went wrong at the last attempt, as a name of <see cref="TokenFailureKind"/>; <see langword="null"/> after a success.
    /// </summary>
    public string? FailureKind { get; internal set; }

    /// <summary>Gets when the last attempt failed.</summary>
    public DateTime? FailureAt { get; internal set; }

    /// <summary>Gets when the first of the failures without a success in between occurred.</summary>
    public DateTime? FailureFirstAt { get; internal set; }

    /// <summary>Gets how many attempts in a row have failed.</summary>
    public int? FailureAttempts { get; internal set; }

    /// <summary>Gets the provider's error code.</summary>
    public string? FailureErrorCode { get; internal set; }

    /// <summary>Gets the HTTP status of the failed answer.</summary>
    public int? FailureHttpStatus { get; internal set; }

    /// <summary>Gets the fingerprints of replaced refresh tokens, separated by spaces, oldest first.</summary>
    public string? RetiredFingerprints { get; internal set; }

    /// <summary>
    /// Gets the fingerprint of the client settings with which the tokens were received or, if the connection needs a reconnect, refused.
    /// </summary>
    public string? ClientFingerprint { get; internal set; }

    /// <summary>Gets the generation of the tokens, for compare-and-swap.</summary>
    public long Version { get; internal set; }

    /// <summary>
    /// Gets a mark that is new with every write: distinguishes a write whose response was lost from a write that never happened.
    /// </summary>
    public Guid? WriteId { get; internal set; }

    /// <summary>Gets the refresh attempt that holds the row; <see langword="null"/> if none does.</summary>
    public string? LeaseOwner { get; internal set; }

    /// <summary>Gets when the lease was taken or renewed.</summary>
    public DateTime? LeaseTakenAt { get; internal set; }

    /// <summary>Gets when the lease runs out.</summary>
    public DateTime? LeaseUntil { get; internal set; }

    /// <summary>Gets the last attempt that may have sent the refresh token.</summary>
    public string? IntentAttemptId { get; internal set; }

    /// <summary>Gets when the first attempt with this refresh token began.</summary>
    public DateTime? IntentFirstAt { get; internal set; }

    /// <summary>Gets when the last attempt with this refresh token began.</summary>
    public DateTime? IntentLastAt { get; internal set; }

    /// <summary>Gets how many attempts with this refresh token have begun and were not undone.</summary>
    public int? IntentPresentations { get; internal set; }

    /// <summary>Gets when the row was inserted.</summary>
    public DateTime? CreatedAt { get; internal set; }

    /// <summary>Gets when the row was last written, leases included.</summary>
    public DateTime? UpdatedAt { get; internal set; }
}
