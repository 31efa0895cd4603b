using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Outage;

/// <summary>BG-4: two providers in one app, in real time. One accepts every request and never answers; how long do the background refresh and the callers of the other one take?</summary>
internal static class NeighbourRun
{
    private const int Connections = 500;
    private const int AtATime = 8;
    private const string Well = "well";
    private const string Neighbour = "neighbour";

    public static async Task<NeighbourFigures> ExecuteAsync()
    {
        await MeasureAsync(isDead: false); // So that all is compiled.
        (NeighbourTimes works, _) = await MeasureAsync(isDead: false);
        (NeighbourTimes dead, int stuck) = await MeasureAsync(isDead: true);
        return new NeighbourFigures(Connections, new TokenLifecycleOptions().TokenEndpointTimeout, works, dead, stuck);
    }

    private static async Task<(NeighbourTimes Times, int Stuck)> MeasureAsync(bool isDead)
    {
        await using SimulatedAuthorizationServer well = await SimulatedAuthorizationServer.StartAsync();
        await using SimulatedAuthorizationServer neighbour = await SimulatedAuthorizationServer.StartAsync();
        FaultHold hold = Fault.Hold();
        if (isDead)
            neighbour.TokenEndpoint.FailAlways(hold);
        HostApplicationBuilder app = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        app.Logging.SetMinimumLevel(LogLevel.None);
        app.Services.AddTokenLifecycle().AddProvider(Well, well.Configure).AddProvider(Neighbour, neighbour.Configure).AddBackgroundRefresh();
        using IHost host = app.Build();
        ITokenStore store = host.Services.GetRequiredService<ITokenStore>();
        ITokenManager tokens = host.Services.GetRequiredService<ITokenManager>();
        foreach ((string provider, SimulatedAuthorizationServer server) in new[] { (Well, well), (Neighbour, neighbour) })
        {
            for (int i = 0; i < Connections; i++)
            {
                await ConnectAsync(store, server, KeyOf(provider, "due", i), TimeSpan.Zero);
                await ConnectAsync(store, server, KeyOf(provider, "asked", i), TimeSpan.FromDays(1));
            }
        }

        Task[] waiting = isDead ? [.. Enumerable.Range(0, Connections).Select(i => IgnoredAsync(tokens, KeyOf(Neighbour, "asked", i)))] : [];
        if (isDead)
            await hold.Reached;
        long started = TimeProvider.System.GetTimestamp();
        await host.StartAsync();
        while (well.Log.RefreshRequests.Count < Connections)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        TimeSpan sweep = TimeProvider.System.GetElapsedTime(started);

        var calls = new List<TimeSpan>();
        for (int i = 0; i < Connections; i += AtATime)
            calls.AddRange(await Task.WhenAll(Enumerable.Range(i, Math.Min(AtATime, Connections - i)).Select(call => AskAsync(tokens, KeyOf(Well, "asked", call)))));
        int stuck = neighbour.Log.Requests.Count - neighbour.Log.TokenRequests.Count;

        hold.Release();
        neighbour.TokenEndpoint.Recover();
        await Task.WhenAll(waiting);
        await host.StopAsync();
        return (new NeighbourTimes(sweep, [.. calls.Order()]), stuck);
    }

    private static TokenKey KeyOf(string provider, string kind, int connection) => new(provider, string.Create(CultureInfo.InvariantCulture, $"{kind}-{connection}"));

    private static async Task ConnectAsync(ITokenStore store, SimulatedAuthorizationServer server, TokenKey key, TimeSpan dueIn)
    {
        TokenSet issued = server.IssueTokens(server.AddUser(key.UserId), "read");
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        TokenSet ended = new()
        {
            AccessToken = issued.AccessToken,
            RefreshToken = issued.RefreshToken,
            IssuedAt = now - TimeSpan.FromHours(1),
            ExpiresAt = now - TimeSpan.FromSeconds(1),
            Issuer = issued.Issuer,
            ClientId = issued.ClientId,
        };
        await store.SaveAsync(new StoredToken { Key = key, Tokens = ended, ReceivedAt = now - TimeSpan.FromHours(1), NextRefreshAt = now + dueIn }, StoredToken.Unsaved, CancellationToken.None);
    }

    private static async Task<TimeSpan> AskAsync(ITokenManager tokens, TokenKey key)
    {
        long started = TimeProvider.System.GetTimestamp();
        await tokens.GetAccessTokenAsync(key);
        return TimeProvider.System.GetElapsedTime(started);
    }

    private static async Task IgnoredAsync(ITokenManager tokens, TokenKey key)
    {
        try
        {
            await tokens.GetAccessTokenAsync(key);
        }
        catch (TokenTemporarilyUnavailableException)
        {
            // As it is to be: that provider is dead.
        }
    }
}
