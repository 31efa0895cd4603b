using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Rows for tests that do not care what is in them.</summary>
internal static class Rows
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    public static CancellationToken None => CancellationToken.None;

    public static TokenKey Key { get; } = new("strava", "ada");

    public static StoredToken New(TokenKey? key = null) => new()
    {
        Key = key ?? Key,
        Tokens = new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt") },
    };

    public static RefreshCompletion Ending { get; } = new()
    {
        RefreshTokenNotUsed = true,
        Failure = new TokenFailure { Kind = TokenFailureKind.Network, At = DateTimeOffset.UnixEpoch, FirstAt = DateTimeOffset.UnixEpoch, Attempts = 1 },
    };

    public static async Task<StoredToken> SavedAsync(this ITokenStore store, TokenKey? key = null) =>
        (await store.SaveAsync(New(key), StoredToken.Unsaved, None)).Token!;
}
