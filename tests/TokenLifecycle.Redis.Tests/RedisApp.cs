using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Redis.Tests;

[CollectionDefinition(Name)]
public sealed class RedisCollection : ICollectionFixture<SharedRedis>
{
    public const string Name = "redis";
}

/// <summary>An app with a key prefix of its own, and the processes that run it.</summary>
internal sealed class RedisApp : IAsyncDisposable
{
    private readonly List<ServiceProvider> _processes = [];
    private readonly string _configuration;

    private RedisApp(string configuration, ConnectionMultiplexer connection) => (_configuration, Connection) = (configuration, connection);

    public string Prefix { get; } = $"app-{Guid.NewGuid():N}";

    /// <summary>The tests' own connection.</summary>
    public ConnectionMultiplexer Connection { get; }

    public IDatabase Database => Connection.GetDatabase();

    public RedisKeys Keys => new(Prefix);

    public static Task<RedisApp> CreateAsync(RedisServer server) => CreateAsync(server.Configuration);

    public static async Task<RedisApp> CreateAsync(string configuration) => new(configuration, await ConnectionMultiplexer.ConnectAsync(configuration + ",allowAdmin=true"));

    /// <param name="clock">The process's clock.</param>
    /// <param name="configure">Further settings. The check of the indexes is off, as it would hide that an index is not kept.</param>
    /// <param name="add">Providers and options.</param>
    public ServiceProvider NewProcess(TimeProvider? clock = null, Action<RedisTokenStoreOptions>? configure = null, Action<TokenLifecycleBuilder>? add = null)
    {
        ServiceCollection services = new();
        services.AddCanaryLogging();
        services.AddSingleton(clock ?? TimeProvider.System);
        TokenLifecycleBuilder builder = services.AddTokenLifecycle()
            .WithoutProtection()
            .UseRedisStore(_configuration, options =>
            {
                options.KeyPrefix = Prefix;
                options.IndexCheckInterval = Timeout.InfiniteTimeSpan;
                configure?.Invoke(options);
            })
            .UseRedisAuthorizationRequests();
        add?.Invoke(builder);
        ServiceProvider process = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        _processes.Add(process);
        return process;
    }

    public ISearchableTokenStore NewStore(TimeProvider? clock = null, Action<RedisTokenStoreOptions>? configure = null) =>
        (ISearchableTokenStore)NewProcess(clock, configure).GetRequiredService<ITokenStore>();

    /// <summary>The keys of the app that match a pattern.</summary>
    public async Task<IReadOnlyList<RedisKey>> FindAsync(string pattern)
    {
        List<RedisKey> keys = [];
        foreach (IServer server in Connection.GetServers())
        {
            await foreach (RedisKey key in server.KeysAsync(pattern: $"{Prefix}:{pattern}"))
                keys.Add(key);
        }

        return keys;
    }

    /// <summary>Lets leases get older, as the server's own clock cannot be moved.</summary>
    public async Task AgeLeasesAsync(TimeSpan by)
    {
        foreach (RedisKey row in await FindAsync("{??}:row:*"))
        {
            Dictionary<string, string> fields = (await Database.HashGetAllAsync(row)).ToStringDictionary()!;
            if (!fields.ContainsKey("lease_owner"))
                continue;
            long takenAt = await Database.HashDecrementAsync(row, "lease_taken_at", (long)by.TotalMicroseconds);
            TokenKey key = new(fields["provider"], fields["user_id"], fields["connection"]);
            RedisKey due = Keys.Due(key.Provider, Keys.RowOf(key).Partition);
            if (fields.TryGetValue("next_refresh_at", out string? next))
                await Database.SortedSetAddAsync(due, RedisKeys.NameOf(key), Math.Max(Number(next), takenAt + Number(fields["lease_duration"])));
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        foreach (ServiceProvider process in _processes)
            await process.DisposeAsync();
        await Connection.DisposeAsync();
    }
}
