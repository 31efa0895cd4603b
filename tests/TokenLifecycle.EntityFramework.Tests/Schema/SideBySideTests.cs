using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.Postgres;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>An old and a new version of the library on one table. A version adds columns that may be NULL, and takes none away.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class SideBySideTests(SharedPostgres postgres)
{
    /// <summary>What a first version could not have done without; all others might have come later.</summary>
    private static readonly string[] First = [Row.Provider, Row.UserId, Row.Connection, Row.AccessToken, Row.RefreshToken, Row.ExpiresAt, Row.Version];

    [Fact]
    public async Task DB_7_The_table_of_the_oldest_version_is_brought_up_to_date_by_what_is_printed_and_its_rows_live_on()
    {
        var schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        string[] later = [.. Row.All.Where(static row => !First.Contains(row.Name)).Select(static row => row.Column)];
        await schema.RunAsync($"ALTER TABLE oauth_connections {string.Join(", ", later.Select(static column => $"DROP COLUMN {column}"))}");
        await using SchemaApp app = await schema.NewAppAsync();
        TokenSet tokens = app.Server.IssueTokens(app.Server.AddUser("ada"), "read");
        await schema.RunAsync($"""
            INSERT INTO oauth_connections (provider, user_id, connection, access_token, refresh_token, expires_at)
            VALUES ('{SchemaApp.Provider}', 'ada', 'default', $1, $2, '{app.Clock.GetUtcNow().AddHours(1):O}')
            """, tokens.AccessToken, tokens.RefreshToken);

        var problems = await app.ProblemsAsync();
        problems.Select(static problem => problem.Subject).Should().Contain(later.Select(static column => $"column public.oauth_connections.{column}"));
        problems.Where(static problem => problem.Subject.StartsWith("column", StringComparison.Ordinal)).Should().HaveCount(later.Length)
            .And.OnlyContain(static problem => problem.Message == "It is missing.", "no row needs anything to be filled in");
        await schema.MendAsync(problems);
        app.PassPause();

        (await app.GetAsync("ada")).Value.Should().Be(tokens.AccessToken);
        app.Expire();
        (await app.GetAsync("ada")).Value.Should().NotBe(tokens.AccessToken, "its refresh token is there, and works");
        await app.LiveAsync("bob");
    }

    [Fact]
    public async Task DB_7_This_version_works_on_the_table_of_a_later_one_and_leaves_alone_what_it_does_not_know()
    {
        var schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        await schema.RunAsync("ALTER TABLE oauth_connections ADD sender_constraint text, ADD priority integer NOT NULL DEFAULT 3");
        await using SchemaApp app = await schema.NewAppAsync();
        await app.StartAsync();
        await app.ConnectAsync("ada");
        await schema.RunAsync("UPDATE oauth_connections SET sender_constraint = 'kept', priority = 1");

        app.Expire();
        await app.GetAsync("ada");
        await app.ConnectAsync("ada");

        (await schema.AskAsync("SELECT (sender_constraint, priority)::text FROM oauth_connections")).Should().Be("(kept,1)", "refresh and reconnect write their own columns only");
        await app.LiveAsync("bob");
    }
}
