namespace TokenLifecycle.EntityFramework.Model;

/// <summary>
/// The properties of a row, by name. A row is a property bag and no class: nothing of it can be seen or subclassed from outside, and proxies and compiled
/// models of the app have nothing to trip over.
/// </summary>
internal static class Row
{
    /// <summary>The name of the entity type in the app's model.</summary>
    public const string EntityName = "TokenLifecycle.OAuthConnection";

    public const string Provider = nameof(TokenTableColumns.Provider);
    public const string UserId = nameof(TokenTableColumns.UserId);
    public const string Connection = nameof(TokenTableColumns.Connection);
    public const string Tenant = nameof(TokenTableColumns.Tenant);
    public const string AccessToken = nameof(TokenTableColumns.AccessToken);
    public const string RefreshToken = nameof(TokenTableColumns.RefreshToken);
    public const string TokenType = nameof(TokenTableColumns.TokenType);
    public const string Captured = nameof(TokenTableColumns.Captured);
    public const string IssuedAt = nameof(TokenTableColumns.IssuedAt);
    public const string ExpiresAt = nameof(TokenTableColumns.ExpiresAt);
    public const string RefreshTokenExpiresAt = nameof(TokenTableColumns.RefreshTokenExpiresAt);
    public const string Scopes = nameof(TokenTableColumns.Scopes);
    public const string AccountId = nameof(TokenTableColumns.AccountId);
    public const string Issuer = nameof(TokenTableColumns.Issuer);
    public const string ClientId = nameof(TokenTableColumns.ClientId);
    public const string ReceivedAt = nameof(TokenTableColumns.ReceivedAt);
    public const string NextRefreshAt = nameof(TokenTableColumns.NextRefreshAt);
    public const string Reauthorization = nameof(TokenTableColumns.Reauthorization);
    public const string FailureKind = nameof(TokenTableColumns.FailureKind);
    public const string FailureAt = nameof(TokenTableColumns.FailureAt);
    public const string FailureFirstAt = nameof(TokenTableColumns.FailureFirstAt);
    public const string FailureAttempts = nameof(TokenTableColumns.FailureAttempts);
    public const string FailureErrorCode = nameof(TokenTableColumns.FailureErrorCode);
    public const string FailureHttpStatus = nameof(TokenTableColumns.FailureHttpStatus);
    public const string RetiredFingerprints = nameof(TokenTableColumns.RetiredFingerprints);
    public const string ClientFingerprint = nameof(TokenTableColumns.ClientFingerprint);
    public const string Version = nameof(TokenTableColumns.Version);
    public const string WriteId = nameof(TokenTableColumns.WriteId);
    public const string LeaseOwner = nameof(TokenTableColumns.LeaseOwner);
    public const string LeaseTakenAt = nameof(TokenTableColumns.LeaseTakenAt);
    public const string LeaseUntil = nameof(TokenTableColumns.LeaseUntil);
    public const string IntentAttemptId = nameof(TokenTableColumns.IntentAttemptId);
    public const string IntentFirstAt = nameof(TokenTableColumns.IntentFirstAt);
    public const string IntentLastAt = nameof(TokenTableColumns.IntentLastAt);
    public const string IntentPresentations = nameof(TokenTableColumns.IntentPresentations);
    public const string CreatedAt = nameof(TokenTableColumns.CreatedAt);
    public const string UpdatedAt = nameof(TokenTableColumns.UpdatedAt);

    /// <summary>The key.</summary>
    public static readonly string[] Key = [Provider, UserId, Connection, Tenant];

    /// <summary>Columns for writers of the row; a token is read without them.</summary>
    public static readonly string[] OfWriters = [WriteId, LeaseOwner, LeaseTakenAt, LeaseUntil, CreatedAt];

    /// <summary>The record of the last failure.</summary>
    public static readonly string[] Failure = [FailureKind, FailureAt, FailureFirstAt, FailureAttempts, FailureErrorCode, FailureHttpStatus];

    /// <summary>Every property, in the order of the table's columns.</summary>
    public static readonly RowProperty[] All =
    [
        new(Provider, typeof(string), IsRequired: true, static columns => columns.Provider),
        new(UserId, typeof(string), IsRequired: true, static columns => columns.UserId),
        new(Connection, typeof(string), IsRequired: true, static columns => columns.Connection),
        new(Tenant, typeof(string), IsRequired: true, static columns => columns.Tenant),
        new(AccessToken, typeof(string), IsRequired: true, static columns => columns.AccessToken),
        new(RefreshToken, typeof(string), IsRequired: false, static columns => columns.RefreshToken),
        new(TokenType, typeof(string), IsRequired: false, static columns => columns.TokenType),
        new(Captured, typeof(string), IsRequired: false, static columns => columns.Captured),
        new(IssuedAt, typeof(DateTime?), IsRequired: false, static columns => columns.IssuedAt),
        new(ExpiresAt, typeof(DateTime?), IsRequired: false, static columns => columns.ExpiresAt),
        new(RefreshTokenExpiresAt, typeof(DateTime?), IsRequired: false, static columns => columns.RefreshTokenExpiresAt),
        new(Scopes, typeof(string), IsRequired: false, static columns => columns.Scopes),
        new(AccountId, typeof(string), IsRequired: false, static columns => columns.AccountId),
        new(Issuer, typeof(string), IsRequired: false, static columns => columns.Issuer),
        new(ClientId, typeof(string), IsRequired: false, static columns => columns.ClientId),
        new(ReceivedAt, typeof(DateTime?), IsRequired: false, static columns => columns.ReceivedAt),
        new(NextRefreshAt, typeof(DateTime?), IsRequired: false, static columns => columns.NextRefreshAt),
        new(Reauthorization, typeof(string), IsRequired: false, static columns => columns.Reauthorization),
        new(FailureKind, typeof(string), IsRequired: false, static columns => columns.FailureKind),
        new(FailureAt, typeof(DateTime?), IsRequired: false, static columns => columns.FailureAt),
        new(FailureFirstAt, typeof(DateTime?), IsRequired: false, static columns => columns.FailureFirstAt),
        new(FailureAttempts, typeof(int?), IsRequired: false, static columns => columns.FailureAttempts),
        new(FailureErrorCode, typeof(string), IsRequired: false, static columns => columns.FailureErrorCode),
        new(FailureHttpStatus, typeof(int?), IsRequired: false, static columns => columns.FailureHttpStatus),
        new(RetiredFingerprints, typeof(string), IsRequired: false, static columns => columns.RetiredFingerprints),
        new(ClientFingerprint, typeof(string), IsRequired: false, static columns => columns.ClientFingerprint),
        new(Version, typeof(long), IsRequired: true, static columns => columns.Version),
        new(WriteId, typeof(Guid?), IsRequired: false, static columns => columns.WriteId),
        new(LeaseOwner, typeof(string), IsRequired: false, static columns => columns.LeaseOwner),
        new(LeaseTakenAt, typeof(DateTime?), IsRequired: false, static columns => columns.LeaseTakenAt),
        new(LeaseUntil, typeof(DateTime?), IsRequired: false, static columns => columns.LeaseUntil),
        new(IntentAttemptId, typeof(string), IsRequired: false, static columns => columns.IntentAttemptId),
        new(IntentFirstAt, typeof(DateTime?), IsRequired: false, static columns => columns.IntentFirstAt),
        new(IntentLastAt, typeof(DateTime?), IsRequired: false, static columns => columns.IntentLastAt),
        new(IntentPresentations, typeof(int?), IsRequired: false, static columns => columns.IntentPresentations),
        new(CreatedAt, typeof(DateTime?), IsRequired: false, static columns => columns.CreatedAt),
        new(UpdatedAt, typeof(DateTime?), IsRequired: false, static columns => columns.UpdatedAt),
    ];
}
