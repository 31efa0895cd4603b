using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Options;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>A database that is not there, or that nobody can find by its connection string.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class ReachTests(SharedPostgres postgres)
{
    public static TheoryData<string, string> WrongConnectionStrings => new()
    {
        { "Host=127.0.0.1;Port=1;Database=app;Username=app;Password={0}", "database app at" },
        { "Host=127.0.0.1;Port={1};Database=no_such;Username=tests;Password={0}", "there is no such database" },
        { "Host=127.0.0.1;Port={1};Database=postgres;Username=nobody;Password={0}", "refused user or password" },
        { "Host=127.0.0.1;Database=app;Username=app;Password=a;{0}=b", "connection string of AppDb: It cannot be read" },
    };

    [Theory]
    [MemberData(nameof(WrongConnectionStrings))]
    public async Task DB_1_A_wrong_connection_string_stops_the_start_with_a_clear_error_that_keeps_the_password(string template, string words)
    {
        string secret = Canary.New("password");
        string connectionString = string.Format(null, template, secret, postgres.Cluster.Port);
        await using SchemaApp app = await SchemaApp.NewAsync<AppDb>(options => options.UseNpgsql(connectionString));

        TokenStoreNotReadyException error = (await FluentActions.Awaiting(app.StartAsync).Should().ThrowAsync<TokenStoreNotReadyException>()).Which;

        error.Message.Should().Contain(words).And.Contain("connection string");
        error.ToString().Should().NotContainEquivalentOf(secret);
        TokenTemporarilyUnavailableException refusal = await app.RefusalAsync("ada");
        refusal.ToString().Should().NotContainEquivalentOf(secret);
        app.Server.Log.TokenRequests.Should().BeEmpty();
    }

    [Fact]
    public async Task DB_1_With_Warn_the_app_starts_is_Unhealthy_and_works_as_soon_as_the_server_does()
    {
        await using PostgresCluster cluster = await PostgresCluster.StartAsync(isDurable: true);
        var schema = await PostgresSchema<AppDb>.CreateAsync(cluster);
        await using (SchemaApp before = await schema.NewAppAsync())
            await before.ConnectAsync("ada");
        await cluster.StopAsync();
        await using SchemaApp app = await schema.NewAppAsync(mode: StoreCheckMode.Warn);

        await app.StartAsync();
        HealthReportEntry health = (await app.HealthAsync()).Entries["token-store"];
        health.Status.Should().Be(HealthStatus.Unhealthy);
        health.Description.Should().Contain("It cannot be asked");
        (await app.RefusalAsync("ada")).Kind.Should().Be(TokenFailureKind.StoreUnavailable);

        await cluster.StartAgainAsync();

        (await app.GetAsync("ada")).Value.Should().NotBeEmpty("that the server was down is not remembered, and nothing was lost");
        (await app.HealthAsync()).Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    public async Task DB_1_With_Off_nothing_is_looked_at_on_start_and_the_gate_stays()
    {
        var schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster, withTable: false);
        await using SchemaApp app = await schema.NewAppAsync(mode: StoreCheckMode.Off);

        await app.StartAsync();

        (await app.RefusalAsync("ada")).InnerException.Should().BeOfType<TokenStoreNotReadyException>();
    }
}
