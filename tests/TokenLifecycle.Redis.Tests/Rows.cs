using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Redis.Tests;

/// <summary>Rows for tests that do not care what is in them.</summary>
internal static class Rows
{
    public const string Provider = "strava";

    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    public static CancellationToken None => CancellationToken.None;

    public static TokenKey Key { get; } = new(Provider, "ada");

    public static StoredToken New(TokenKey? key = null) => new()
    {
        Key = key ?? Key,
        Tokens = new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt"), AccountId = "42" },
        NextRefreshAt = new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    public static async Task<StoredToken> SavedAsync(this ITokenStore store, TokenKey? key = null) =>
        (await store.SaveAsync(New(key), StoredToken.Unsaved, None)).Token!;
}
