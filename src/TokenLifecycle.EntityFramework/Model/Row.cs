namespace TokenLifecycle.EntityFramework.Model;

/// <summary>The properties of <see cref="OAuthConnection"/> by name, with their columns.</summary>
internal static class Row
{
    public const string Provider = nameof(OAuthConnection.Provider);
    public const string UserId = nameof(OAuthConnection.UserId);
    public const string Connection = nameof(OAuthConnection.Connection);
    public const string Tenant = nameof(OAuthConnection.Tenant);
    public const string AccessToken = nameof(OAuthConnection.AccessToken);
    public const string RefreshToken = nameof(OAuthConnection.RefreshToken);
    public const string TokenType = nameof(OAuthConnection.TokenType);
    public const string Captured = nameof(OAuthConnection.Captured);
    public const string IssuedAt = nameof(OAuthConnection.IssuedAt);
    public const string ExpiresAt = nameof(OAuthConnection.ExpiresAt);
    public const string RefreshTokenExpiresAt = nameof(OAuthConnection.RefreshTokenExpiresAt);
    public const string Scopes = nameof(OAuthConnection.Scopes);
    public const string AccountId = nameof(OAuthConnection.AccountId);
    public const string Issuer = nameof(OAuthConnection.Issuer);
    public const string ClientId = nameof(OAuthConnection.ClientId);
    public const string SignInIssuer = nameof(OAuthConnection.SignInIssuer);
    public const string ReceivedAt = nameof(OAuthConnection.ReceivedAt);
    public const string NextRefreshAt = nameof(OAuthConnection.NextRefreshAt);
    public const string Reauthorization = nameof(OAuthConnection.Reauthorization);
    public const string FailureKind = nameof(OAuthConnection.FailureKind);
    public const string FailureAt = nameof(OAuthConnection.FailureAt);
    public const string FailureFirstAt = nameof(OAuthConnection.FailureFirstAt);
    public const string FailureAttempts = nameof(OAuthConnection.FailureAttempts);
    public const string FailureErrorCode = nameof(OAuthConnection.FailureErrorCode);
    public const string FailureHttpStatus = nameof(OAuthConnection.FailureHttpStatus);
    public const string RetiredFingerprints = nameof(OAuthConnection.RetiredFingerprints);
    public const string ClientFingerprint = nameof(OAuthConnection.ClientFingerprint);
    public const string Version = nameof(OAuthConnection.Version);
    public const string WriteId = nameof(OAuthConnection.WriteId);
    public const string LeaseOwner = nameof(OAuthConnection.LeaseOwner);
    public const string LeaseTakenAt = nameof(OAuthConnection.LeaseTakenAt);
    public const string LeaseUntil = nameof(OAuthConnection.LeaseUntil);
    public const string IntentAttemptId = nameof(OAuthConnection.IntentAttemptId);
    public const string IntentFirstAt = nameof(OAuthConnection.IntentFirstAt);
    public const string IntentLastAt = nameof(OAuthConnection.IntentLastAt);
    public const string IntentPresentations = nameof(OAuthConnection.IntentPresentations);
    public const string CreatedAt = nameof(OAuthConnection.CreatedAt);
    public const string UpdatedAt = nameof(OAuthConnection.UpdatedAt);

    /// <summary>The key.</summary>
    public static readonly string[] Key = [Provider, UserId, Connection, Tenant];

    /// <summary>Columns for writers of the row; a token is read without them.</summary>
    public static readonly string[] OfWriters = [WriteId, LeaseOwner, LeaseTakenAt, LeaseUntil, CreatedAt];

    /// <summary>The record of the last failure.</summary>
    public static readonly string[] Failure = [FailureKind, FailureAt, FailureFirstAt, FailureAttempts, FailureErrorCode, FailureHttpStatus];

    /// <summary>Every property, in the order of the table's columns.</summary>
    public static readonly RowProperty[] All =
    [
        new(
            Provider, "provider", typeof(string), IsRequired: true,
            static row => row.Provider, static (row, value) => row.Provider = (string)value!),
        new(
            UserId, "user_id", typeof(string), IsRequired: true,
            static row => row.UserId, static (row, value) => row.UserId = (string)value!),
        new(
            Connection, "connection", typeof(string), IsRequired: true,
            static row => row.Connection, static (row, value) => row.Connection = (string)value!),
        new(
            Tenant, "tenant", typeof(string), IsRequired: true,
            static row => row.Tenant, static (row, value) => row.Tenant = (string)value!),
        new(
            AccessToken, "access_token", typeof(string), IsRequired: true,
            static row => row.AccessToken, static (row, value) => row.AccessToken = (string)value!),
        new(
            RefreshToken, "refresh_token", typeof(string), IsRequired: false,
            static row => row.RefreshToken, static (row, value) => row.RefreshToken = (string?)value),
        new(
            TokenType, "token_type", typeof(string), IsRequired: false,
            static row => row.TokenType, static (row, value) => row.TokenType = (string?)value),
        new(
            Captured, "captured", typeof(string), IsRequired: false,
            static row => row.Captured, static (row, value) => row.Captured = (string?)value),
        new(
            IssuedAt, "issued_at", typeof(DateTime?), IsRequired: false,
            static row => row.IssuedAt, static (row, value) => row.IssuedAt = (DateTime?)value),
        new(
            ExpiresAt, "expires_at", typeof(DateTime?), IsRequired: false,
            static row => row.ExpiresAt, static (row, value) => row.ExpiresAt = (DateTime?)value),
        new(
            RefreshTokenExpiresAt, "refresh_token_expires_at", typeof(DateTime?), IsRequired: false,
            static row => row.RefreshTokenExpiresAt, static (row, value) => row.RefreshTokenExpiresAt = (DateTime?)value),
        new(
            Scopes, "scopes", typeof(string), IsRequired: false,
            static row => row.Scopes, static (row, value) => row.Scopes = (string?)value),
        new(
            AccountId, "account_id", typeof(string), IsRequired: false,
            static row => row.AccountId, static (row, value) => row.AccountId = (string?)value),
        new(
            Issuer, "issuer", typeof(string), IsRequired: false,
            static row => row.Issuer, static (row, value) => row.Issuer = (string?)value),
        new(
            ClientId, "client_id", typeof(string), IsRequired: false,
            static row => row.ClientId, static (row, value) => row.ClientId = (string?)value),
        new(
            SignInIssuer, "sign_in_issuer", typeof(string), IsRequired: false,
            static row => row.SignInIssuer, static (row, value) => row.SignInIssuer = (string?)value),
        new(
            ReceivedAt, "received_at", typeof(DateTime?), IsRequired: false,
            static row => row.ReceivedAt, static (row, value) => row.ReceivedAt = (DateTime?)value),
        new(
            NextRefreshAt, "next_refresh_at", typeof(DateTime?), IsRequired: false,
            static row => row.NextRefreshAt, static (row, value) => row.NextRefreshAt = (DateTime?)value),
        new(
            Reauthorization, "reauthorization", typeof(string), IsRequired: false,
            static row => row.Reauthorization, static (row, value) => row.Reauthorization = (string?)value),
        new(
            FailureKind, "failure_kind", typeof(string), IsRequired: false,
            static row => row.FailureKind, static (row, value) => row.FailureKind = (string?)value),
        new(
            FailureAt, "failure_at", typeof(DateTime?), IsRequired: false,
            static row => row.FailureAt, static (row, value) => row.FailureAt = (DateTime?)value),
        new(
            FailureFirstAt, "failure_first_at", typeof(DateTime?), IsRequired: false,
            static row => row.FailureFirstAt, static (row, value) => row.FailureFirstAt = (DateTime?)value),
        new(
            FailureAttempts, "failure_attempts", typeof(int?), IsRequired: false,
            static row => row.FailureAttempts, static (row, value) => row.FailureAttempts = (int?)value),
        new(
            FailureErrorCode, "failure_error_code", typeof(string), IsRequired: false,
            static row => row.FailureErrorCode, static (row, value) => row.FailureErrorCode = (string?)value),
        new(
            FailureHttpStatus, "failure_http_status", typeof(int?), IsRequired: false,
            static row => row.FailureHttpStatus, static (row, value) => row.FailureHttpStatus = (int?)value),
        new(
            RetiredFingerprints, "retired_fingerprints", typeof(string), IsRequired: false,
            static row => row.RetiredFingerprints, static (row, value) => row.RetiredFingerprints = (string?)value),
        new(
            ClientFingerprint, "client_fingerprint", typeof(string), IsRequired: false,
            static row => row.ClientFingerprint, static (row, value) => row.ClientFingerprint = (string?)value),
        new(
            Version, "version", typeof(long), IsRequired: true,
            static row => row.Version, static (row, value) => row.Version = (long)value!),
        new(
            WriteId, "write_id", typeof(Guid?), IsRequired: false,
            static row => row.WriteId, static (row, value) => row.WriteId = (Guid?)value),
        new(
            LeaseOwner, "lease_owner", typeof(string), IsRequired: false,
            static row => row.LeaseOwner, static (row, value) => row.LeaseOwner = (string?)value),
        new(
            LeaseTakenAt, "lease_taken_at", typeof(DateTime?), IsRequired: false,
            static row => row.LeaseTakenAt, static (row, value) => row.LeaseTakenAt = (DateTime?)value),
        new(
            LeaseUntil, "lease_until", typeof(DateTime?), IsRequired: false,
            static row => row.LeaseUntil, static (row, value) => row.LeaseUntil = (DateTime?)value),
        new(
            IntentAttemptId, "intent_attempt_id", typeof(string), IsRequired: false,
            static row => row.IntentAttemptId, static (row, value) => row.IntentAttemptId = (string?)value),
        new(
            IntentFirstAt, "intent_first_at", typeof(DateTime?), IsRequired: false,
            static row => row.IntentFirstAt, static (row, value) => row.IntentFirstAt = (DateTime?)value),
        new(
            IntentLastAt, "intent_last_at", typeof(DateTime?), IsRequired: false,
            static row => row.IntentLastAt, static (row, value) => row.IntentLastAt = (DateTime?)value),
        new(
            IntentPresentations, "intent_presentations", typeof(int?), IsRequired: false,
            static row => row.IntentPresentations, static (row, value) => row.IntentPresentations = (int?)value),
        new(
            CreatedAt, "created_at", typeof(DateTime?), IsRequired: false,
            static row => row.CreatedAt, static (row, value) => row.CreatedAt = (DateTime?)value),
        new(
            UpdatedAt, "updated_at", typeof(DateTime?), IsRequired: false,
            static row => row.UpdatedAt, static (row, value) => row.UpdatedAt = (DateTime?)value),
    ];
}
