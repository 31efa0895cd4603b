using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>The tables of the incidents, as they were made by others: what is printed turns them into ours, and their rows stay.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class AdoptionTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Incident_B_Its_table_is_adopted_by_running_what_is_printed_and_keeps_rows_and_columns()
    {
        var schema = await PostgresSchema<GoogleDb>.CreateAsync(postgres.Cluster, withTable: false);
        await schema.RunAsync("""
            CREATE TYPE oauth_service AS ENUM ('acme', 'drive');
            CREATE TABLE user_oauth_tokens (
                id serial PRIMARY KEY, user_id integer NOT NULL, service oauth_service NOT NULL, access_token text NOT NULL, refresh_token text,
                token_expiry timestamp without time zone, scope text, service_user_id varchar(64), service_email varchar(255),
                created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
            """);
        await using SchemaApp app = await schema.NewAppAsync();
        TokenSet tokens = app.Server.IssueTokens(app.Server.AddUser("7"), "read");
        await schema.RunAsync("""
            INSERT INTO user_oauth_tokens (user_id, service, access_token, refresh_token, token_expiry, scope, service_email)
            VALUES (7, 'acme', $1, $2, '2001-01-01 12:00:00', 'read', 'seven@example.com')
            """, tokens.AccessToken, tokens.RefreshToken);

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Select(static problem => problem.Subject).Should().Contain(
            ["column public.user_oauth_tokens.service", "column public.user_oauth_tokens.connection", "column public.user_oauth_tokens.token_expiry", "primary key of public.user_oauth_tokens"]);
        await schema.MendAsync(problems);

        (await app.ProblemsAsync()).Should().BeEmpty();
        (await schema.AskAsync("SELECT (service, user_id, connection, token_expiry AT TIME ZONE 'UTC', service_email)::text FROM user_oauth_tokens"))
            .Should().Be("(acme,7,default,\"2001-01-01 12:00:00\",seven@example.com)");
        (await app.GetAsync("7")).Value.Should().NotBe(tokens.AccessToken, "it ended in 2001, and was refreshed");
        await app.LiveAsync("8");
    }
}
