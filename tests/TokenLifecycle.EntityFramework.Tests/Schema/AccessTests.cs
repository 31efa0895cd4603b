using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>A table that is as it should be, and cannot be used.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class AccessTests(SharedPostgres postgres)
{
    private static int _roles;

    private readonly string _role = $"App {Interlocked.Increment(ref _roles)}";

    private string AsRole => $"Username={_role};";

    [Theory]
    [InlineData("SELECT")]
    [InlineData("INSERT")]
    [InlineData("UPDATE")]
    [InlineData("DELETE")]
    public async Task F47_A_missing_privilege_is_named_stops_token_calls_and_is_mended(string verb)
    {
        PostgresSchema<AppDb> schema = await WithRoleAsync();
        await schema.RunAsync($"REVOKE {verb} ON oauth_connections FROM \"{_role}\"");
        await using SchemaApp app = await schema.NewAppAsync(AsRole);

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Should().Equal(new TokenStoreProblem(
            $"privilege {verb} on public.oauth_connections", $"The role {_role} does not have it.", $"GRANT {verb} ON public.oauth_connections TO \"{_role}\";"));
        await HealAsync(schema, app, problems);
    }

    [Fact]
    public async Task F47_A_read_only_database_is_named_stops_token_calls_and_is_mended_though_the_pool_is_full_of_old_connections()
    {
        PostgresSchema<AppDb> schema = await WithRoleAsync();
        await schema.RunAsync($"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$");
        await using SchemaApp app = await schema.NewAppAsync(AsRole);

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Should().ContainSingle().Which.Message.Should().Contain("read-only").And.Contain(_role);
        await HealAsync(schema, app, problems);
    }

    [Fact]
    public async Task F47_A_connection_string_that_makes_the_database_read_only_is_told_apart()
    {
        PostgresSchema<AppDb> schema = await WithRoleAsync();
        await using SchemaApp app = await schema.NewAppAsync(AsRole + "Options=-c default_transaction_read_only=on;");

        (await app.ProblemsAsync()).Should().ContainSingle().Which.Remedy.Should().Be("Take default_transaction_read_only out of Options in the connection string.");
    }

    [Theory]
    [InlineData("ALTER ROLE \"{0}\" SET search_path TO ''")]
    [InlineData("ALTER ROLE \"{0}\" SET search_path TO \"$user\", public")]
    public async Task F47_A_table_outside_of_the_search_path_is_found_stops_token_calls_and_is_mended(string damage)
    {
        PostgresSchema<AppDb> schema = await WithRoleAsync();
        await schema.RunAsync($"CREATE SCHEMA \"The Tokens\"; ALTER TABLE oauth_connections SET SCHEMA \"The Tokens\"; {string.Format(null, damage, _role)}");
        await using SchemaApp app = await schema.NewAppAsync(AsRole);

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        TokenStoreProblem problem = problems.Should().ContainSingle().Which;
        problem.Subject.Should().Be("table oauth_connections");
        problem.Message.Should().Contain("It is in the schema The Tokens");
        await HealAsync(schema, app, problems);
    }

    [Fact]
    public async Task F47_A_search_path_of_the_connection_string_is_to_be_mended_there()
    {
        PostgresSchema<AppDb> schema = await WithRoleAsync();
        await schema.RunAsync("CREATE SCHEMA elsewhere");
        await using SchemaApp app = await schema.NewAppAsync(AsRole + "Search Path=elsewhere;");

        (await app.ProblemsAsync()).Should().ContainSingle().Which.Remedy.Should().Be(
            "Add public to Search Path in the connection string of AppDb, or set Schema = \"public\" in AddTokenLifecycle().");
        await using SchemaApp mended = await schema.NewAppAsync(AsRole + "Search Path=elsewhere,public;");
        (await mended.ProblemsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task F47_A_schema_that_the_role_may_not_use_is_named_and_mended()
    {
        string connectionString = await postgres.Cluster.CreateDatabaseAsync();
        PostgresSchema<QuotedDb> schema = new(connectionString);
        await using (QuotedDb context = schema.NewContext())
            await context.Database.EnsureCreatedAsync();
        await schema.RunAsync($"CREATE SCHEMA IF NOT EXISTS x; CREATE ROLE \"{_role}\" LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA \"Auth Data\" TO \"{_role}\"");
        await using SchemaApp app = await schema.NewAppAsync(AsRole);

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Should().ContainSingle().Which.Should().Be(new TokenStoreProblem(
            "schema Auth Data", $"The role {_role} may not use it.", $"GRANT USAGE ON SCHEMA \"Auth Data\" TO \"{_role}\";"));
        await HealAsync(schema, app, problems);
    }

    private async Task<PostgresSchema<AppDb>> WithRoleAsync()
    {
        var schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        await schema.RunAsync($"CREATE ROLE \"{_role}\" LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON oauth_connections TO \"{_role}\"");
        return schema;
    }

    /// <summary>Nothing goes before, and everything after, in the same process and with the same pool.</summary>
    private static async Task HealAsync<TContext>(PostgresSchema<TContext> schema, SchemaApp app, IReadOnlyList<TokenStoreProblem> problems)
        where TContext : Microsoft.EntityFrameworkCore.DbContext
    {
        (await app.RefusalAsync("ada")).InnerException.Should().BeOfType<TokenStoreNotReadyException>().Which.Problems.Should().Equal(problems);

        await schema.MendAsync(problems);

        app.PassPause();
        await app.LiveAsync("bob");
        (await app.ProblemsAsync()).Should().BeEmpty();
    }
}
