using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Background;
using TokenLifecycle.Notifications;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What the tests of observers ask a world again and again.</summary>
internal static class ObserverSteps
{
    public static TokenEventDispatcher Events(this World world, ServiceProvider? process = null) => (process ?? world.Services).GetRequiredService<TokenEventDispatcher>();

    /// <summary>One pass of the background refresh, to the end of all that it began.</summary>
    public static async Task PassAsync(this World world, ServiceProvider? process = null)
    {
        RefreshSweeper sweeper = (process ?? world.Services).GetRequiredService<RefreshSweeper>();
        Task begun = await sweeper.PassAsync(World.Provider, new BackgroundRefreshProgress(), spreads: false, progress: null, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        await begun.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>A stored connection whose user must reconnect and has not been told.</summary>
    public static async Task StoreEndedAsync(this World world, TokenKey? ended = null)
    {
        TokenKey key = ended ?? world.Key;
        DateTimeOffset now = world.Clock.GetUtcNow();
        TokenSet tokens = world.Server.IssueTokens(key == world.Key ? world.User : world.Server.AddUser(key.UserId), "read");
        SaveResult saved = await world.Store.Inner.SaveAsync(new StoredToken { Key = key, Tokens = tokens, ReceivedAt = now }, StoredToken.Unsaved, CancellationToken.None);
        await world.Store.Inner.BeginRefreshAsync(key, "dead process", TimeSpan.FromMinutes(1), CancellationToken.None);
        await world.Store.Inner.CompleteRefreshAsync(key, "dead process", saved.Token!.Version, new RefreshCompletion
        {
            RefreshTokenNotUsed = true,
            Reauthorization = ReauthorizationReason.GrantRejected,
            Failure = new TokenFailure { Kind = TokenFailureKind.GrantRejected, At = now, FirstAt = now, Attempts = 1 },
            NextRefreshAt = now,
        }, CancellationToken.None);
    }

    /// <summary>Lets the clock run until an observer has not returned in time.</summary>
    public static Task UntilStuckAsync(this World world) => world.UntilAsync(() => world.Events().IsStuck);

    /// <summary>Lets the clock run from timer to timer until it is so.</summary>
    public static async Task UntilAsync(this World world, Func<bool> isSo)
    {
        while (!isSo())
        {
            if (world.Clock.NextTimerIn is { } next)
                world.Clock.Advance(next);
            await Task.Yield();
        }
    }
}
