using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>Rows and settings for tests of single parts.</summary>
internal static class Rows
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static readonly TokenKey Key = new(World.Provider, "ada");

    public static readonly TokenFailure Failure = FailedAt(Start);

    public static TokenFailure FailedAt(DateTimeOffset at, int attempts = 1, TokenFailureKind kind = TokenFailureKind.ProviderUnavailable) =>
        new() { Kind = kind, At = at, FirstAt = at, Attempts = attempts };

    public static TokenSet Tokens(TimeSpan? lifetime, string? refreshToken, DateTimeOffset? issuedAt = null, DateTimeOffset? refreshTokenExpiresAt = null) => new()
    {
        AccessToken = Canary.New("access"),
        RefreshToken = refreshToken,
        IssuedAt = issuedAt ?? Start,
        ExpiresAt = (issuedAt ?? Start) + lifetime,
        RefreshTokenExpiresAt = refreshTokenExpiresAt,
        Scopes = ["read"],
    };

    public static StoredToken Row(
        TokenSet? tokens = null,
        long version = 1,
        ReauthorizationReason? reauthorization = null,
        TokenFailure? failure = null,
        DateTimeOffset? nextRefreshAt = null,
        RefreshIntent? intent = null,
        IReadOnlyList<string>? retired = null,
        TokenKey? key = null) => new()
    {
        Key = key ?? Key,
        Tokens = tokens ?? Tokens(TimeSpan.FromHours(1), Canary.New("refresh")),
        Version = version,
        Reauthorization = reauthorization,
        Failure = failure,
        NextRefreshAt = nextRefreshAt,
        ReceivedAt = Start,
        Intent = intent,
        RetiredFingerprints = retired ?? [],
    };

    public static RefreshIntent Presented(int times) => new() { AttemptId = "attempt", FirstAt = Start, LastAt = Start, AttemptCount = times };

    public static OAuthProviderOptions Provider() => new() { ClientId = "client", TokenEndpoint = "https://provider.test/token" };
}
