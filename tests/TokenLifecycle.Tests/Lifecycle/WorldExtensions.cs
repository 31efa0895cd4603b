using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Refresh;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

internal static class WorldExtensions
{
    public const string InvalidGrant = """{"error":"invalid_grant"}""";

    /// <summary>Ends when every refresh of the first process that was begun behind a caller has ended.</summary>
    public static Task IdleAsync(this World world) => world.Services.GetRequiredService<RefreshCoordinator>().WhenIdleAsync();

    /// <summary>Many connected users, each with a grant of their own.</summary>
    public static async Task<TokenKey[]> ConnectManyAsync(this World world, int count)
    {
        TokenKey[] keys = [.. Enumerable.Range(1, count).Select(i => new TokenKey(World.Provider, $"user-{i}"))];
        foreach (TokenKey key in keys)
            await world.ConnectAsync(key, world.Server.AddUser(key.UserId));
        return keys;
    }

    /// <summary>The requests that carry the stored refresh token of one connection.</summary>
    public static async Task<Func<RecordedRequest, bool>> RequestsOfAsync(this World world, TokenKey key)
    {
        string sent = Uri.EscapeDataString((await world.StoredAsync(key)).Tokens.RefreshToken!);
        return request => request.Body.Contains(sent, StringComparison.Ordinal);
    }

    /// <summary>Asks for a token that cannot be had, and tells why.</summary>
    public static async Task<TokenException> RefusalAsync(this World world, TokenKey? key = null) =>
        (await FluentActions.Awaiting(() => world.Tokens.GetAccessTokenAsync(key ?? world.Key).AsTask()).Should().ThrowAsync<TokenException>()).Which;

    /// <summary>Asks for a token that has ended: the caller waits for a refresh, and the server holds it.</summary>
    /// <param name="world">The world.</param>
    /// <param name="process">Who asks; the first process if nobody else.</param>
    /// <param name="hold">Where the server stops; before it does anything, unless said otherwise.</param>
    public static async Task<(Task<AccessToken> Get, FaultHold Hold)> HoldGetAsync(this World world, IServiceProvider? process = null, FaultHold? hold = null)
    {
        FaultHold held = hold ?? Fault.Hold();
        world.Server.TokenEndpoint.FailNext(held);
        Task<AccessToken> get = (process ?? world.Services).GetRequiredService<ITokenManager>().GetAccessTokenAsync(world.Key).AsTask();
        await held.Reached;
        return (get, held);
    }

    /// <summary>The token, or why there is none.</summary>
    public static async Task<(AccessToken? Token, TokenException? Refusal)> TryGetAsync(this World world, TokenKey? key = null)
    {
        try
        {
            return (await world.Tokens.GetAccessTokenAsync(key ?? world.Key), null);
        }
        catch (TokenException refusal)
        {
            return (null, refusal);
        }
    }

    public static Task<ConnectionStatus> StatusAsync(this World world, TokenKey? key = null) => world.Tokens.GetStatusAsync(key ?? world.Key);

    /// <summary>The provider's settings are made anew, as after a reload.</summary>
    public static void ReloadProvider(this World world) =>
        world.Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitorCache<OAuthProviderOptions>>().TryRemove(World.Provider);

    /// <summary>
    /// Lets the short pauses between tries pass while a real request is under way, but no deadline. What waits for the network is waited for.
    /// </summary>
    public static async Task RunShortPausesAsync(this ManualTimeProvider clock, Task work)
    {
        while (!work.IsCompleted)
        {
            if (clock.NextTimerIn is { } next && next < TimeSpan.FromSeconds(3))
                clock.Advance(next);
            await Task.Yield();
        }
    }
}
