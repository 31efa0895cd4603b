using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>The column <c>scope</c> was in the model and not in the table, and took a whole integration down for days.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class IncidentBTests(SharedPostgres postgres)
{
    private const string Subject = "column public.user_oauth_tokens.scope";
    private const string Ddl = "ALTER TABLE public.user_oauth_tokens ADD scope text;";

    private static readonly string Printed =
        $"The token store cannot be used (1 problem(s)). Nothing was changed, and no tokens are requested until it is fixed.{Environment.NewLine}{Subject}: It is missing.{Environment.NewLine}{Ddl}";

    [Fact]
    public async Task Incident_B_The_missing_column_is_named_with_its_DDL_and_when_that_was_run_all_goes_on_without_a_restart()
    {
        var schema = await PostgresSchema<GoogleDb>.CreateAsync(postgres.Cluster);
        await using SchemaApp app = await schema.NewAppAsync();
        await app.StartAsync();
        string[] users = ["ada", "bob", "cid"];
        foreach (string user in users)
            await app.ConnectAsync(user);
        app.Expire();
        await app.ConnectAsync("eve");
        string before = (string)(await schema.AskAsync(Rows))!;

        await schema.RunAsync("ALTER TABLE user_oauth_tokens DROP COLUMN scope");

        // Every call says table and column, and prints what mends it.
        for (int call = 0; call < 3; call++)
        {
            foreach (string user in users)
            {
                TokenTemporarilyUnavailableException refusal = await app.RefusalAsync(user);
                refusal.Kind.Should().Be(TokenFailureKind.StoreUnavailable);
                refusal.InnerException.Should().BeOfType<TokenStoreNotReadyException>().Which.Message.Should().Be(Printed);
            }

            app.PassPause();
        }

        HealthReportEntry health = (await app.HealthAsync()).Entries["token-store"];
        health.Status.Should().Be(HealthStatus.Unhealthy);
        health.Description.Should().Contain(Subject);
        health.Data[Subject].Should().Be(Ddl);

        (await app.GetAsync("eve")).Value.Should().NotBeEmpty("a token that is still valid is served, whatever the table looks like");
        app.Server.Log.TokenRequests.Should().BeEmpty("no token call is made while the schema is wrong");
        ((string)(await schema.AskAsync(Rows))!).Should().Be(before, "nothing was lost");

        await schema.RunAsync(Ddl);
        app.PassPause();

        foreach (string user in users)
            (await app.GetAsync(user)).Value.Should().NotBeEmpty();
        app.Server.Log.TokenRequests.Should().HaveCount(users.Length);
        app.Server.Log.ReusedRefreshTokens.Should().Be(0);
        (await app.HealthAsync()).Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    public async Task Incident_B_An_app_with_the_wrong_table_does_not_start_and_a_deployment_stops()
    {
        var schema = await PostgresSchema<GoogleDb>.CreateAsync(postgres.Cluster);
        await schema.RunAsync("ALTER TABLE user_oauth_tokens DROP COLUMN scope");
        await using SchemaApp app = await schema.NewAppAsync();

        foreach (Func<Task> look in new Func<Task>[] { app.StartAsync, () => app.Services.ValidateTokenLifecycleSchemaAsync() })
            (await look.Should().ThrowAsync<TokenStoreNotReadyException>()).Which.Problems.Should().Equal(new TokenStoreProblem(Subject, "It is missing.", Ddl));
    }

    [Fact]
    public async Task Incident_B_The_message_of_the_docs_is_the_one_that_is_printed() =>
        (await File.ReadAllTextAsync(RepositoryRoot.Combine("docs", "schema.md"))).ReplaceLineEndings().Should().Contain(Printed);

    // All that must not be lost, of every row.
    private const string Rows = """
        SELECT string_agg(concat_ws('|', service, user_id, connection, access_token, refresh_token, version), ',' ORDER BY user_id) FROM user_oauth_tokens
        """;
}
