using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Chaos;
using TokenLifecycle.Postgres;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Storm;

/// <summary>The callers of several processes, which share nothing but the store. In each round all are lined up, and let go when the last one stands.</summary>
internal static class FleetStorm
{
    public static TokenKey Key { get; } = WorkerHost.KeyOf(0);

    public static async Task<StormFigures> RunAsync(StormOptions options)
    {
        var clock = new JumpingClock();
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = StormOptions.Lifetime;
            o.RecordRequests = false;
        });
        await using PostgresCluster? cluster = options.Store == "postgres" ? await PostgresCluster.StartAsync(isDurable: true) : null;
        await using RedisServer? redis = options.Store == "redis" ? await RedisServer.StartAsync() : null;
        string folder = Directory.CreateTempSubdirectory("tokenlifecycle-storm-").FullName;
        var nodes = new List<NodeProcess>();
        try
        {
            string place = redis?.Configuration ?? (cluster is null ? Path.Combine(folder, "tokens") : await cluster.CreateDatabaseAsync());
            WorkerSettings settings = WorkerSettings.Of(new ChaosOptions(Kills: 0, Grace: TimeSpan.Zero, options.Store, Seed: 0), place, Path.Combine(folder, "keys.json"), server)
                with { Deadline = TimeSpan.FromSeconds(10) };
            await ConnectAsync(settings, server, clock);
            for (int node = 0; node < options.Nodes; node++)
                nodes.Add(new NodeProcess(settings));
            await Task.WhenAll(nodes.Select(static node => node.Ready));

            var figures = new StormFigures(options, server);
            for (int round = 1; round <= options.Rounds; round++)
            {
                clock.Ahead += StormOptions.Lifetime + TimeSpan.FromSeconds(1);
                await Task.WhenAll(nodes.Select(node => node.LineUpAsync(clock.Ahead, options.Callers)));
                long start = TimeProvider.System.GetTimestamp();
                foreach (NodeProcess node in nodes)
                    node.Go();
                RoundOutcome[] outcomes = await Task.WhenAll(nodes.Select(static node => node.OutcomeAsync()));
                figures.Add(RoundOutcome.Sum(outcomes), TimeProvider.System.GetElapsedTime(start));
            }

            return figures;
        }
        finally
        {
            foreach (NodeProcess node in nodes)
                await node.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task ConnectAsync(WorkerSettings settings, SimulatedAuthorizationServer server, TimeProvider clock)
    {
        var services = new ServiceCollection();
        services.AddSingleton(clock);
        WorkerHost.Add(services, settings);
        await using ServiceProvider app = services.BuildServiceProvider();
        await using AsyncServiceScope scope = app.CreateAsyncScope();
        if (scope.ServiceProvider.GetService<ChaosContext>() is { } context)
            await context.Database.EnsureCreatedAsync();

        await app.GetRequiredService<ITokenManager>().SaveAsync(Key, server.IssueTokens(server.SignedInUser, "read"));
    }
}
