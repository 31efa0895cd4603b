using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Tests.Requests;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>The table of pending authorization requests is looked at as the one of connections is, where it is used.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class RequestTableTests(SharedPostgres postgres)
{
    private const string Table = "oauth_authorization_requests";
    private static readonly AuthorizationRequestBounds Bounds = new(5, 20, 100);

    public static TheoryData<string> Columns => new(RequestRow.All.Select(row => row.Column));

    [Theory]
    [MemberData(nameof(Columns))]
    public async Task DB_1_A_missing_column_is_named_stops_the_start_and_is_mended_by_what_is_printed(string column) =>
        await DamageAsync($"ALTER TABLE {Table} DROP COLUMN {column} CASCADE", $"column public.{Table}.{column}");

    [Theory]
    [InlineData("payload", "ALTER COLUMN payload TYPE varchar(200)")]
    [InlineData("payload", "ALTER COLUMN payload SET NOT NULL")]
    [InlineData("taken_by", "ALTER COLUMN taken_by TYPE text")]
    [InlineData("expires_at", "ALTER COLUMN expires_at TYPE timestamp without time zone")]
    [InlineData("id", "ALTER COLUMN id TYPE text COLLATE loose")]
    [InlineData("browser_id", "ALTER COLUMN browser_id TYPE text COLLATE loose")]
    [InlineData("tenant", "ADD tenant integer NOT NULL DEFAULT 1; ALTER TABLE oauth_authorization_requests ALTER COLUMN tenant DROP DEFAULT")]
    public async Task F47_A_column_that_is_not_as_it_must_be_is_named_and_mended(string column, string damage) => await DamageAsync(
        $"CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false); UPDATE {Table} SET payload = ''; ALTER TABLE {Table} {damage}", $"column public.{Table}.{column}");

    [Theory]
    [InlineData("DROP TABLE oauth_authorization_requests", "table public.oauth_authorization_requests")]
    [InlineData("ALTER TABLE oauth_authorization_requests DROP CONSTRAINT pk_oauth_authorization_requests", "primary key of public.oauth_authorization_requests")]
    public async Task F47_A_missing_table_or_key_is_named_and_mended(string damage, string subject) => await DamageAsync(damage, subject);

    [Fact]
    public async Task DB_1_A_missing_column_is_printed_with_its_DDL_and_the_rest_of_the_app_is_told_apart()
    {
        var schema = await PostgresSchema<RequestsDb>.CreateAsync(postgres.Cluster);
        await using SchemaApp app = await NewAppAsync(schema);
        await schema.RunAsync($"ALTER TABLE {Table} DROP COLUMN outcome; ALTER TABLE oauth_connections DROP COLUMN scopes");

        (await app.ProblemsAsync()).Should().Equal(
            new TokenStoreProblem("column public.oauth_connections.scopes", "It is missing.", "ALTER TABLE public.oauth_connections ADD scopes text;"),
            new TokenStoreProblem($"column public.{Table}.outcome", "It is missing.", $"ALTER TABLE public.{Table} ADD outcome text;"));
        HealthReportEntry health = (await app.HealthAsync()).Entries["token-store"];
        health.Status.Should().Be(HealthStatus.Unhealthy);
        health.Data[$"column public.{Table}.outcome"].Should().Be($"ALTER TABLE public.{Table} ADD outcome text;");
    }

    [Fact]
    public async Task F47_A_missing_index_is_reported_and_stops_nobody()
    {
        var schema = await PostgresSchema<RequestsDb>.CreateAsync(postgres.Cluster);
        await schema.RunAsync($"DROP INDEX ix_{Table}_browser");
        await using SchemaApp app = await NewAppAsync(schema);

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();

        problems.Should().ContainSingle().Which.Subject.Should().Be($"index public.ix_{Table}_browser");
        await ConnectAsync(app);
        await schema.MendAsync(problems);
        (await app.ProblemsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Where_it_is_not_used_nobody_looks_for_it()
    {
        var schema = await PostgresSchema<RequestsDb>.CreateAsync(postgres.Cluster);
        await schema.RunAsync($"DROP TABLE {Table}");
        await using SchemaApp app = await schema.NewAppAsync();

        await app.StartAsync();

        (await app.ProblemsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_model_without_the_table_stops_the_start_and_says_which_call_is_missing()
    {
        var schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        await using SchemaApp app = await schema.NewAppAsync(builder: static b => b.UseEntityFrameworkAuthorizationRequests<AppDb>());

        (await FluentActions.Awaiting(app.StartAsync).Should().ThrowAsync<TokenStoreNotReadyException>()).WithMessage("*modelBuilder.AddTokenLifecycleAuthorizationRequests()*AppDb.OnModelCreating*");
    }

    private async Task DamageAsync(string damage, string subject)
    {
        var schema = await PostgresSchema<RequestsDb>.CreateAsync(postgres.Cluster);
        await using SchemaApp app = await NewAppAsync(schema);
        await ConnectAsync(app);
        await schema.RunAsync(damage);

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Select(static problem => problem.Subject).Should().Contain(subject);
        await using (SchemaApp restarted = await NewAppAsync(schema))
            (await FluentActions.Awaiting(restarted.StartAsync).Should().ThrowAsync<TokenStoreNotReadyException>()).Which.Problems.Should().Equal(problems);
        (await FluentActions.Awaiting(() => ConnectAsync(app)).Should().ThrowAsync<TokenStoreNotReadyException>("who connects is not told of a missing column by the database")).Which.Problems.Should().Equal(problems);
        await app.LiveAsync("ada"); // Connections do not need this table.

        await schema.MendAsync(problems);

        (await app.ProblemsAsync()).Should().BeEmpty();
        await ConnectAsync(app);
    }

    private static Task<SchemaApp> NewAppAsync(PostgresSchema<RequestsDb> schema) =>
        schema.NewAppAsync(builder: static b => b.UseEntityFrameworkAuthorizationRequests<RequestsDb>());

    /// <summary>A request comes, is taken and ends.</summary>
    private static async Task ConnectAsync(SchemaApp app)
    {
        IAuthorizationRequestStore store = app.Services.GetRequiredService<IAuthorizationRequestStore>();
        PendingAuthorization row = RequestsDb.Row(Guid.NewGuid().ToString("N"), app.Clock.GetUtcNow());
        (await store.TryAddAsync(row, Bounds, CancellationToken.None)).Should().BeTrue();
        (await store.TryRedeemAsync(row.Id, row.BrowserId, CancellationToken.None)).Payload.Should().Be(row.Payload);
        await store.SetOutcomeAsync(row.Id, "outcome", CancellationToken.None);
        (await store.FindOutcomeAsync(row.Id, row.BrowserId, CancellationToken.None)).Should().Be("outcome");
    }
}
