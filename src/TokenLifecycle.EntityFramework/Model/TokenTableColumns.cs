namespace TokenLifecycle.EntityFramework;

/// <summary>The names of the table's columns, so that an existing table can be adopted.</summary>
public sealed class TokenTableColumns
{
    /// <summary>The provider's name; first part of the key.</summary>
    /// <value>The default value is <c>provider</c>.</value>
    public string Provider { get; set; } = "provider";

    /// <summary>The app's own id of its user; second part of the key.</summary>
    /// <value>The default value is <c>user_id</c>.</value>
    public string UserId { get; set; } = "user_id";

    /// <summary>Which of the user's connections; third part of the key.</summary>
    /// <value>The default value is <c>connection</c>.</value>
    public string Connection { get; set; } = "connection";

    /// <summary>The tenant of the app that the user belongs to; last part of the key. Empty for none.</summary>
    /// <value>The default value is <c>tenant</c>.</value>
    public string Tenant { get; set; } = "tenant";

    /// <summary>The access token, protected.</summary>
    /// <value>The default value is <c>access_token</c>.</value>
    public string AccessToken { get; set; } = "access_token";

    /// <summary>The refresh token, protected; NULL if there is none.</summary>
    /// <value>The default value is <c>refresh_token</c>.</value>
    public string RefreshToken { get; set; } = "refresh_token";

    /// <summary>The token type; NULL means <c>Bearer</c>.</summary>
    /// <value>The default value is <c>token_type</c>.</value>
    public string TokenType { get; set; } = "token_type";

    /// <summary>Further reply members, as <c>name=value</c> pairs, percent-encoded and joined by <c>&amp;</c>.</summary>
    /// <value>The default value is <c>captured</c>.</value>
    public string Captured { get; set; } = "captured";

    /// <summary>When the access token was asked for.</summary>
    /// <value>The default value is <c>issued_at</c>.</value>
    public string IssuedAt { get; set; } = "issued_at";

    /// <summary>When the access token expires.</summary>
    /// <value>The default value is <c>expires_at</c>.</value>
    public string ExpiresAt { get; set; } = "expires_at";

    /// <summary>When the refresh token expires.</summary>
    /// <value>The default value is <c>refresh_token_expires_at</c>.</value>
    public string RefreshTokenExpiresAt { get; set; } = "refresh_token_expires_at";

    /// <summary>The granted scopes, separated by spaces; empty for none, NULL for not named.</summary>
    /// <value>The default value is <c>scopes</c>.</value>
    public string Scopes { get; set; } = "scopes";

    /// <summary>The provider's id of the connected account.</summary>
    /// <value>The default value is <c>account_id</c>.</value>
    public string AccountId { get; set; } = "account_id";

    /// <summary>The origin of the token endpoint that issued the tokens.</summary>
    /// <value>The default value is <c>issuer</c>.</value>
    public string Issuer { get; set; } = "issuer";

    /// <summary>The client that the tokens were issued to.</summary>
    /// <value>The default value is <c>client_id</c>.</value>
    public string ClientId { get; set; } = "client_id";

    /// <summary>When the tokens were received.</summary>
    /// <value>The default value is <c>received_at</c>.</value>
    public string ReceivedAt { get; set; } = "received_at";

    /// <summary>When the next refresh is due.</summary>
    /// <value>The default value is <c>next_refresh_at</c>.</value>
    public string NextRefreshAt { get; set; } = "next_refresh_at";

    /// <summary>Why the user has to connect again, as a name of <see cref="ReauthorizationReason"/>; NULL while the connection is alive.</summary>
    /// <value>The default value is <c>reauthorization</c>.</value>
    public string Reauthorization { get; set; } = "reauthorization";

    /// <summary>What went wrong at the last attempt, as a name of <see cref="TokenFailureKind"/>; NULL after a success.</summary>
    /// <value>The default value is <c>failure_kind</c>.</value>
    public string FailureKind { get; set; } = "failure_kind";

    /// <summary>When the last attempt failed.</summary>
    /// <value>The default value is <c>failure_at</c>.</value>
    public string FailureAt { get; set; } = "failure_at";

    /// <summary>When the unbroken row of failures began.</summary>
    /// <value>The default value is <c>failure_first_at</c>.</value>
    public string FailureFirstAt { get; set; } = "failure_first_at";

    /// <summary>How many attempts in a row have failed.</summary>
    /// <value>The default value is <c>failure_attempts</c>.</value>
    public string FailureAttempts { get; set; } = "failure_attempts";

    /// <summary>The provider's error code.</summary>
    /// <value>The default value is <c>failure_error_code</c>.</value>
    public string FailureErrorCode { get; set; } = "failure_error_code";

    /// <summary>The HTTP status of the failed answer.</summary>
    /// <value>The default value is <c>failure_http_status</c>.</value>
    public string FailureHttpStatus { get; set; } = "failure_http_status";

    /// <summary>Fingerprints of replaced refresh tokens, separated by spaces, oldest first.</summary>
    /// <value>The default value is <c>retired_fingerprints</c>.</value>
    public string RetiredFingerprints { get; set; } = "retired_fingerprints";

    /// <summary>The fingerprint of the client settings with which the tokens were received or, if the connection needs a reconnect, refused.</summary>
    /// <value>The default value is <c>client_fingerprint</c>.</value>
    public string ClientFingerprint { get; set; } = "client_fingerprint";

    /// <summary>The generation of the tokens, for compare-and-swap.</summary>
    /// <value>The default value is <c>version</c>.</value>
    public string Version { get; set; } = "version";

    /// <summary>New with every write: distinguishes a write whose response was lost from a write that never happened.</summary>
    /// <value>The default value is <c>write_id</c>.</value>
    public string WriteId { get; set; } = "write_id";

    /// <summary>The refresh attempt that holds the row; NULL if none does.</summary>
    /// <value>The default value is <c>lease_owner</c>.</value>
    public string LeaseOwner { get; set; } = "lease_owner";

    /// <summary>When the lease was taken or renewed.</summary>
    /// <value>The default value is <c>lease_taken_at</c>.</value>
    public string LeaseTakenAt { get; set; } = "lease_taken_at";

    /// <summary>When the lease runs out.</summary>
    /// <value>The default value is <c>lease_until</c>.</value>
    public string LeaseUntil { get; set; } = "lease_until";

    /// <summary>The last attempt that may have sent the refresh token.</summary>
    /// <value>The default value is <c>intent_attempt_id</c>.</value>
    public string IntentAttemptId { get; set; } = "intent_attempt_id";

    /// <summary>When the first attempt with this refresh token began.</summary>
    /// <value>The default value is <c>intent_first_at</c>.</value>
    public string IntentFirstAt { get; set; } = "intent_first_at";

    /// <summary>When the last attempt with this refresh token began.</summary>
    /// <value>The default value is <c>intent_last_at</c>.</value>
    public string IntentLastAt { get; set; } = "intent_last_at";

    /// <summary>How many attempts with this refresh token have begun and were not undone.</summary>
    /// <value>The default value is <c>intent_presentations</c>.</value>
    public string IntentPresentations { get; set; } = "intent_presentations";

    /// <summary>When the row was inserted.</summary>
    /// <value>The default value is <c>created_at</c>.</value>
    public string CreatedAt { get; set; } = "created_at";

    /// <summary>When the row was last written, leases included.</summary>
    /// <value>The default value is <c>updated_at</c>.</value>
    public string UpdatedAt { get; set; } = "updated_at";
}
