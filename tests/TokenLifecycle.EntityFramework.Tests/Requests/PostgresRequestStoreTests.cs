using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Requests;

[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class PostgresRequestStoreTests(SharedPostgres postgres) : RequestStoreTests
{
    private string _connectionString = "";

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
    }

    [Fact]
    public async Task A_missing_table_is_named_with_what_to_do()
    {
        await using ServiceProvider node = RequestsDb.NewNode(
            options => options.UseNpgsql(postgres.Cluster.CreateDatabaseAsync().GetAwaiter().GetResult()), TimeProvider.System);

        Func<Task> take = () => RequestsDb.StoreOf(node).TryRedeemAsync("a", "b", CancellationToken.None);

        (await take.Should().ThrowAsync<TokenStoreNotReadyException>()).WithMessage("*oauth_authorization_requests*migrations*");
    }

    [Fact]
    public void The_table_is_there_only_for_who_asks_for_it()
    {
        using RequestsDb with = new(new DbContextOptionsBuilder<RequestsDb>().UseNpgsql("Host=nowhere").Options);
        using AppDb without = new(new DbContextOptionsBuilder<AppDb>().UseNpgsql("Host=nowhere").Options);

        string ddl = with.Database.GenerateCreateScript();

        ddl.Should().Contain("CREATE TABLE oauth_authorization_requests").And.Contain("""id text COLLATE "C" NOT NULL""").And.Contain("payload text,").And.Contain("expires_at timestamp with time zone NOT NULL");
        without.Database.GenerateCreateScript().Should().NotContain("oauth_authorization_requests");
    }

    [Fact]
    public async Task DL_4_Whatever_a_start_asks_for_is_found_by_an_index_however_many_there_are()
    {
        PlanLog log = new();
        await using ServiceProvider node = RequestsDb.NewNode(options => options.UseNpgsql(_connectionString).AddInterceptors(log), Clock);
        IAuthorizationRequestStore store = RequestsDb.StoreOf(node);
        await store.TryRedeemAsync("a", "b", CancellationToken.None); // The schema is looked at once, before the first operation.
        await PlantAsync(20_000);
        log.Start();

        (await store.TryAddAsync(RequestsDb.Row("new", Clock.GetUtcNow()), new(5, 20, 100_000), CancellationToken.None)).Should().BeTrue();
        await store.TryRedeemAsync("new", "browser of new", CancellationToken.None);
        await store.SetOutcomeAsync("new", "outcome", CancellationToken.None);

        IReadOnlyList<string> plans = await log.ExplainAsync(_connectionString);
        plans.Should().HaveCountGreaterThan(6).And.OnlyContain(plan => !plan.Contains("Seq Scan"));
    }

    private async Task PlantAsync(int count)
    {
        await using NpgsqlConnection connection = new(_connectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(
            """
            INSERT INTO oauth_authorization_requests (id, browser_id, owner_id, payload, created_at, expires_at)
            SELECT 'id ' || i, 'browser ' || i / 3, 'owner ' || i / 10, repeat('x', 500), @now, @now + i * interval '1 second' FROM generate_series(1, @count) i;
            ANALYZE oauth_authorization_requests
            """, connection);
        command.Parameters.AddWithValue("now", Clock.GetUtcNow().UtcDateTime);
        command.Parameters.AddWithValue("count", count);
        await command.ExecuteNonQueryAsync();
    }

    protected override async Task CreateDatabaseAsync() => _connectionString = await postgres.Cluster.CreateDatabaseAsync();

    protected override void Use(DbContextOptionsBuilder options) => options.UseNpgsql(_connectionString);
}
