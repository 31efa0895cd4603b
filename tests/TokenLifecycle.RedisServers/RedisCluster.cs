using System.Globalization;
using StackExchange.Redis;

namespace TokenLifecycle.RedisServers;

/// <summary>A Redis Cluster of three masters without replicas, on loopback.</summary>
public sealed class RedisCluster : IAsyncLifetime
{
    private const int Slots = 16384;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly List<RedisServer> _masters = [];

    public IReadOnlyList<RedisServer> Masters => _masters;

    /// <summary>How to connect.</summary>
    public string Configuration => string.Join(',', _masters.Select(static master => master.Configuration));

    public async Task InitializeAsync()
    {
        if (RedisServer.IsOff)
            return;

        for (int i = 0; i < 3; i++)
        {
            int bus = RedisServer.FreePort();
            _masters.Add(await RedisServer.StartAsync("--cluster-enabled", "yes", "--appendfsync", "no", "--cluster-port", bus.ToString(CultureInfo.InvariantCulture)));
            await AskAsync(_masters[i], "CLUSTER", "ADDSLOTSRANGE", i * Slots / 3, ((i + 1) * Slots / 3) - 1);
            if (i > 0)
                await AskAsync(_masters[0], "CLUSTER", "MEET", "127.0.0.1", _masters[i].Port, bus);
        }

        using CancellationTokenSource deadline = new(Deadline, TimeProvider.System);
        foreach (RedisServer master in _masters)
        {
            while (await AskAsync(master, "CLUSTER", "INFO") is { } info && !(info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains("cluster_known_nodes:3", StringComparison.Ordinal)))
                await Task.Delay(Pause, TimeProvider.System, deadline.Token);
        }
    }

    public async Task DisposeAsync()
    {
        foreach (RedisServer master in _masters)
            await master.DisposeAsync();
    }

    private static async Task<string?> AskAsync(RedisServer server, string command, params object[] arguments)
    {
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration + ",allowAdmin=true");
        return (string?)await connection.GetServers()[0].ExecuteAsync(command, arguments);
    }
}
