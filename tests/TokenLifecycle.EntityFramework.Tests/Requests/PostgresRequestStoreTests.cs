using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TokenLifecycle.Postgres;

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

        Func<Task> take = () => RequestsDb.StoreOf(node).TryTakeAsync("a", "b", CancellationToken.None);

        (await take.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*oauth_authorization_requests*migrations*");
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

    protected override async Task CreateDatabaseAsync() => _connectionString = await postgres.Cluster.CreateDatabaseAsync();

    protected override void Use(DbContextOptionsBuilder options) => options.UseNpgsql(_connectionString);
}
