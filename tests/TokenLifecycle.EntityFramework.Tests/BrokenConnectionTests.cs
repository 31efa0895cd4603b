using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TokenLifecycle.EntityFramework.Tests.Requests;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>The server, a balancer or a proxy closes connections while they are idle in the pool, and no step of the store fails for it.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class BrokenConnectionTests(SharedPostgres postgres)
{
    private const int Reads = 15;
    private const string KillAll = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

    public static TheoryData<string> Steps => ["find", "begin", "end", "save", "insert", "delete", "claim", "list", "account", "count", "check"];

    [Theory]
    [Trait("Rule", "FR-13")]
    [InlineData("")]
    [InlineData("No Reset On Close=true;")]
    [InlineData("Max Auto Prepare=0;")]
    [InlineData("Multiplexing=true;")]
    [InlineData("Enlist=false;")]
    public async Task No_read_fails_when_all_idle_connections_were_closed(string settings)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess(settings);
        await process.Store.SavedAsync();

        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Reads).Select(_ => process.Store.FindAsync(Rows.Key, Rows.None))); // As many connections.
            await database.QueryAsync(KillAll);
            for (int read = 0; read < Reads; read++)
                (await process.Store.FindAsync(Rows.Key, Rows.None)).Should().NotBeNull();

            await database.QueryAsync(KillAll);
            await Task.WhenAll(Enumerable.Range(0, Reads).Select(_ => process.Store.FindAsync(Rows.Key, Rows.None)));
        }
    }

    [Theory]
    [Trait("Rule", "FR-13")]
    [MemberData(nameof(Steps))]
    public Task A_step_is_repeated_on_a_new_connection(string step) => SucceedsAsync(step, static (builder, connection) => builder.UseNpgsql(connection));

    [Theory]
    [Trait("Rule", "FR-13")]
    [MemberData(nameof(Steps))]
    public Task So_it_is_with_a_strategy_of_retries(string step) => SucceedsAsync(step, static (builder, connection) => builder.UseNpgsql(connection, npgsql => npgsql.EnableRetryOnFailure()));

    [Fact]
    [Trait("Rule", "FR-13")]
    public async Task An_attempt_to_connect_is_kept_taken_and_noted_although_its_connections_were_closed()
    {
        string connection = await postgres.Cluster.CreateDatabaseAsync();
        await using (RequestsDb context = new(new DbContextOptionsBuilder<RequestsDb>().UseNpgsql(connection).Options))
            await context.Database.EnsureCreatedAsync();
        await using ServiceProvider node = RequestsDb.NewNode(builder => builder.UseNpgsql(connection), TimeProvider.System);
        IAuthorizationRequestStore store = RequestsDb.StoreOf(node);
        PendingAuthorization request = RequestsDb.Row("id", TimeProvider.System.GetUtcNow());
        async Task KillAsync()
        {
            await using NpgsqlConnection admin = new(connection + "Pooling=false;");
            await admin.OpenAsync();
            await using NpgsqlCommand kill = new(KillAll, admin);
            await kill.ExecuteScalarAsync();
        }

        await store.FindOutcomeAsync("none", request.BrowserId, Rows.None);

        await KillAsync();
        (await store.TryAddAsync(request, new AuthorizationRequestBounds(PerBrowser: 8, PerOwner: 8, Overall: 100), Rows.None)).Should().BeTrue();
        await KillAsync();
        (await store.TryRedeemAsync("id", request.BrowserId, Rows.None)).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        await KillAsync();
        await store.SetOutcomeAsync("id", "done", Rows.None);
        await KillAsync();
        (await store.FindOutcomeAsync("id", request.BrowserId, Rows.None)).Should().Be("done");
    }

    private async Task SucceedsAsync(string step, Action<DbContextOptionsBuilder, string> use)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using StoreProcess process = new(builder => use(builder, database.ConnectionString));
        ISearchableTokenStore store = process.Store;
        StoredToken row = await store.SavedAsync();
        await database.ExecuteAsync("UPDATE oauth_connections SET next_refresh_at = '2001-01-01Z'");
        if (step == "end")
            await store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.FindAsync(Rows.Key, Rows.None)));
        await database.QueryAsync(KillAll);

        bool isDone = step switch
        {
            "find" => await store.FindAsync(Rows.Key, Rows.None) is not null,
            "begin" => (await store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Kind == RefreshClaimKind.Acquired,
            "end" => await store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None),
            "save" => (await store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved,
            "insert" => (await store.SaveAsync(Rows.New(new TokenKey("strava", "new")), StoredToken.Unsaved, Rows.None)).IsSaved,
            "delete" => (await store.DeleteAsync(Rows.Key, Rows.None)).Deleted is not null,
            "claim" => (await store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None)).Count == 1,
            "list" => (await store.ListAsync("strava", after: null, 10, Rows.None)).Count == 1,
            "account" => (await store.FindByAccountAsync("strava", "nobody", tenant: null, Rows.None)).Count == 0,
            "count" => (await ((ITokenStoreStatistics)store).CountAsync(Rows.None)).Count == 1,
            _ => (await ((ITokenStoreCheck)store).CheckAsync(Rows.None)).Count == 0,
        };

        isDone.Should().BeTrue();
    }
}
