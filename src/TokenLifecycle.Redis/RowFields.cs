namespace TokenLifecycle.Redis;

/// <summary>
/// The fields of a row's hash. Fields with other names are left unchanged, so that an older version of the library does not remove what a
/// newer one has written.
/// </summary>
internal static class RowFields
{
    public const string FormatVersion = "1";

    /// <summary>The version of a row that does not exist: <see cref="Storage.StoredToken.Unsaved"/>.</summary>
    public const string NoVersion = "0";

    public const string Format = "format";
    /// <summary>Missing without a tenant.</summary>
    public const string Tenant = "tenant";
    public const string Provider = "provider";
    public const string UserId = "user_id";
    public const string Connection = "connection";
    public const string Version = "version";
    public const string AccessToken = "access_token";
    public const string RefreshToken = "refresh_token";
    public const string TokenType = "token_type";
    public const string IssuedAt = "issued_at";
    public const string ExpiresAt = "expires_at";
    public const string RefreshTokenExpiresAt = "refresh_token_expires_at";
    public const string Scopes = "scopes";
    public const string AccountId = "account_id";

    /// <summary>The fingerprint of the account id: what the index of accounts is ordered by.</summary>
    public const string AccountKey = "account_key";
    public const string Issuer = "issuer";
    public const string ClientId = "client_id";
    public const string SignInIssuer = "sign_in_issuer";
    public const string ReceivedAt = "received_at";
    public const string NextRefreshAt = "next_refresh_at";
    public const string Reauthorization = "reauthorization";
    public const string ClientFingerprint = "client_fingerprint";
    public const string RetiredFingerprints = "retired_fingerprints";
    public const string FailureKind = "failure_kind";
    public const string FailureAt = "failure_at";
    public const string FailureFirstAt = "failure_first_at";
    public const string FailureAttempts = "failure_attempts";
    public const string FailureErrorCode = "failure_error_code";
    public const string FailureHttpStatus = "failure_http_status";
    public const string IntentAttemptId = "intent_attempt_id";
    public const string IntentFirstAt = "intent_first_at";
    public const string IntentLastAt = "intent_last_at";
    public const string IntentPresentations = "intent_presentations";

    /// <summary>Each captured value has a field.</summary>
    public const string CapturedPrefix = "captured:";

    /// <summary>For so long background refresh leaves a row alone that cannot be read: one hour.</summary>
    public const long UnreadablePauseMicroseconds = 3_600_000_000;

    public static readonly string[] Failure = [FailureKind, FailureAt, FailureFirstAt, FailureAttempts, FailureErrorCode, FailureHttpStatus];

    /// <summary>Whole numbers: times are microseconds since 1970.</summary>
    public static readonly string[] Numbers =
    [
        Version, IssuedAt, ExpiresAt, RefreshTokenExpiresAt, ReceivedAt, NextRefreshAt, FailureAt, FailureFirstAt, FailureAttempts, FailureHttpStatus,
        IntentFirstAt, IntentLastAt, IntentPresentations, "lease_taken_at", "lease_duration",
    ];

    /// <summary>What a save removes if the new tokens do not bring it.</summary>
    public static readonly string[] ClearedBySave =
    [
        RefreshToken, IssuedAt, ExpiresAt, RefreshTokenExpiresAt, Scopes, AccountId, AccountKey, Issuer, ClientId, SignInIssuer, ReceivedAt, NextRefreshAt, Reauthorization, ClientFingerprint, RetiredFingerprints,
        .. Failure, "lease_owner", "lease_taken_at", "lease_duration", IntentAttemptId, IntentFirstAt, IntentLastAt, IntentPresentations,
    ];

    /// <summary>What a list reads: everything but secrets.</summary>
    public static readonly string[] Listed =
    [
        Format, Tenant, Provider, UserId, Connection, Version, AccountId, Scopes, IssuedAt, ExpiresAt, RefreshTokenExpiresAt, ReceivedAt, NextRefreshAt, Reauthorization, .. Failure,
    ];
}
