using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>The whole library on PostgreSQL: real processes' worth of containers, a real server on a real socket.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class ManagerTests(SharedPostgres postgres)
{
    private const string Provider = "acme";
    private const int Callers = 200;

    [Fact]
    public async Task F20_three_processes_with_200_callers_each_refresh_an_expired_token_once()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using SimulatedAuthorizationServer server = await StartAsync();
        StoreProcess[] processes = [.. Enumerable.Range(0, 3).Select(_ => NewProcess(database, server))];
        TokenKey key = await ConnectExpiredAsync(processes[0].Store, server, "ada");

        AccessToken[] tokens = await Task.WhenAll(Enumerable.Range(0, processes.Length * Callers).Select(i => Task.Run(() => processes[i % processes.Length].Tokens.GetAccessTokenAsync(key).AsTask())));

        tokens.Select(token => token.Value).Distinct(StringComparer.Ordinal).Should().ContainSingle();
        Refreshes(server).Should().Be(1);
    }

    [Fact]
    public async Task F41_DB_6_processes_whose_clocks_are_ten_minutes_apart_refresh_once()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using SimulatedAuthorizationServer server = await StartAsync();
        StoreProcess one = NewProcess(database, server);
        StoreProcess ahead = NewProcess(database, server, clock: new ShiftedTime(TimeSpan.FromMinutes(10)));
        TokenKey key = await ConnectExpiredAsync(one.Store, server, "ada");
        FaultHold hold = Fault.Hold();
        server.TokenEndpoint.FailNext(hold);

        Task<AccessToken> first = one.Tokens.GetAccessTokenAsync(key).AsTask();
        await hold.Reached;
        RefreshClaim stolen = await ahead.Store.BeginRefreshAsync(key, "ahead", Rows.Lease, Rows.None);
        Task<AccessToken> second = ahead.Tokens.GetAccessTokenAsync(key).AsTask();
        hold.Release();

        stolen.Kind.Should().Be(RefreshClaimKind.Held, "the lease runs on the clock of the database");
        (await second).Value.Should().Be((await first).Value);
        Refreshes(server).Should().Be(1);
    }

    [Theory]
    [InlineData(1, 50)]
    [InlineData(10, 100)]
    public async Task A16_DB_5_refreshes_that_wait_for_a_slow_provider_hold_no_connection_of_the_pool(int poolSize, int connections)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using SimulatedAuthorizationServer server = await StartAsync();
        StoreProcess process = NewProcess(database, server, $"Maximum Pool Size={poolSize};Timeout=30;", options =>
        {
            options.TokenEndpointTimeout = TimeSpan.FromSeconds(60);
            options.SaveTimeout = TimeSpan.FromSeconds(60);
            options.LeaseDuration = TimeSpan.FromMinutes(10);
        });
        List<TokenKey> keys = [];
        for (int i = 0; i < connections; i++)
            keys.Add(await ConnectExpiredAsync(process.Store, server, $"user-{i}"));
        FaultHold hold = Fault.Hold();
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int arrived = 0;
        server.TokenEndpoint.FailAlways(hold, _ =>
        {
            if (Interlocked.Increment(ref arrived) == connections)
                all.SetResult();
            return true;
        });

        Task<AccessToken[]> waiting = Task.WhenAll(keys.Select(key => process.Tokens.GetAccessTokenAsync(key).AsTask()));

        // All are at the provider at once, and the pool still serves everybody else.
        await await Task.WhenAny(all.Task, waiting);
        (await process.Store.FindAsync(keys[0], Rows.None))!.Intent.Should().NotBeNull();
        hold.Release();
        (await waiting).Should().HaveCount(connections);
        Refreshes(server).Should().Be(connections);
    }

    [Fact]
    public async Task A_refresh_through_the_manager_costs_one_read_and_two_round_trips()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using SimulatedAuthorizationServer server = await StartAsync();
        StoreProcess process = NewProcess(database, server);
        TokenKey key = await ConnectExpiredAsync(process.Store, server, "ada");
        process.Log.Statements.Clear();

        await process.Tokens.GetAccessTokenAsync(key);

        process.Log.Statements.Should().HaveCount(3);
        process.Log.Statements.Count(sql => sql.StartsWith("SELECT", StringComparison.Ordinal)).Should().Be(1);
    }

    private static Task<SimulatedAuthorizationServer> StartAsync() => SimulatedAuthorizationServer.StartAsync(options =>
    {
        options.SecretMark = Canary.Mark;
        options.Rotation = Rotation.EveryUse;
    });

    private static StoreProcess NewProcess(
        PostgresDatabase database, SimulatedAuthorizationServer server, string settings = "", Action<TokenLifecycleOptions>? options = null, TimeProvider? clock = null) =>
        database.NewProcess(settings, clock, configure: builder =>
        {
            builder.AddProvider(Provider, server.Configure);
            if (options is not null)
                builder.Services.Configure(options);
        });

    /// <summary>A connection whose access token ended an hour ago by any clock here.</summary>
    private static async Task<TokenKey> ConnectExpiredAsync(ISearchableTokenStore store, SimulatedAuthorizationServer server, string userId)
    {
        TokenKey key = new(Provider, userId);
        TokenSet tokens = server.IssueTokens(server.AddUser(userId), "read");
        DateTimeOffset ended = TimeProvider.System.GetUtcNow().AddHours(-1);
        StoredToken row = new()
        {
            Key = key,
            Tokens = new TokenSet { AccessToken = tokens.AccessToken, RefreshToken = tokens.RefreshToken, IssuedAt = ended.AddHours(-6), ExpiresAt = ended, Scopes = tokens.Scopes, Issuer = tokens.Issuer, ClientId = tokens.ClientId },
            ReceivedAt = ended.AddHours(-6),
        };
        (await store.SaveAsync(row, StoredToken.Unsaved, Rows.None)).IsSaved.Should().BeTrue();
        return key;
    }

    private static int Refreshes(SimulatedAuthorizationServer server) =>
        server.Log.Requests.Count(request => request.Path == server.TokenEndpoint.Address.AbsolutePath && request.Body.Contains("grant_type=refresh_token", StringComparison.Ordinal));

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
