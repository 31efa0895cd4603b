using TokenLifecycle;
using TokenLifecycle.Testing;

namespace Worker;

/// <summary>Simulates Strava in this process, so that you need no account. Its tokens expire after seconds, and the athletes have connected.</summary>
internal sealed class SimulatedStrava(SimulatedAuthorizationServer server) : IAsyncDisposable
{
    private const int Athletes = 12;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(6);

    /// <summary>The base address of its API.</summary>
    public Uri Api => new(server.Address, "api/v3/");

    public SimulatedAuthorizationServer Server => server;

    public static async Task<SimulatedStrava> StartAsync() => new(await SimulatedAuthorizationServer.StartAsync(o =>
    {
        o.Dialect = Dialect.Strava;
        o.Rotation = Rotation.EveryUse;
        o.AccessTokenLifetime = Lifetime;
    }));

    /// <summary>Connects the athletes, who would use web pages in a real app. The last one has revoked access.</summary>
    public async Task ConnectAsync(ITokenManager tokens, SyncDb db, CancellationToken cancellationToken)
    {
        for (int i = 1; i <= Athletes; i++)
        {
            string id = $"athlete-{i}";
            SimulatedUser user = server.AddUser(id, $"{1000 + i}"); // The same account in every run.
            await tokens.SaveAsync(new TokenKey("strava", id), server.IssueTokens(user, "read"), cancellationToken);
            Athlete known = await db.Athletes.FindAsync([id], cancellationToken) ?? db.Athletes.Add(new Athlete { Id = id }).Entity;
            known.Waiting = null;
            if (i == Athletes)
                server.RevokeGrant(user);
        }

        await db.SaveChangesAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
