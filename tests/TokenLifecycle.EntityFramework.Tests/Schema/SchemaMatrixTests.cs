using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>DB-1 and F47: each object is damaged in turn; it is named, its DDL is run as printed, and all is well.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class SchemaMatrixTests(SharedPostgres postgres)
{
    private const string Table = "oauth_connections";

    public static TheoryData<string> Columns
    {
        get
        {
            return new(Row.All.Select(static row => row.Column));
        }
    }

    public static TheoryData<string, string> WrongColumns => new()
    {
        { "refresh_token", "ALTER COLUMN refresh_token TYPE varchar(2000)" },
        { "access_token", "ALTER COLUMN access_token TYPE character(4000)" },
        { "user_id", "ALTER COLUMN user_id TYPE varchar(36)" },
        { "user_id", "ALTER COLUMN user_id TYPE integer USING length(user_id)" },
        { "user_id", "ALTER COLUMN user_id TYPE text COLLATE loose" },
        { "account_id", "ALTER COLUMN account_id TYPE text COLLATE loose" },
        { "expires_at", "ALTER COLUMN expires_at TYPE timestamp without time zone" },
        { "expires_at", "ALTER COLUMN expires_at TYPE bigint USING extract(epoch FROM expires_at)::bigint" },
        { "expires_at", "ALTER COLUMN expires_at TYPE timestamp(0) with time zone" },
        { "next_refresh_at", "ALTER COLUMN next_refresh_at TYPE text USING next_refresh_at::text" },
        { "version", "ALTER COLUMN version DROP DEFAULT, ALTER COLUMN version TYPE text USING version::text" },
        { "version", "ALTER COLUMN version DROP NOT NULL" },
        { "access_token", "ALTER COLUMN access_token DROP NOT NULL" },
        { "write_id", "ALTER COLUMN write_id TYPE text" },
        { "write_id", "ALTER COLUMN write_id SET NOT NULL" },
        { "failure_attempts", "ALTER COLUMN failure_attempts TYPE text" },
        { "lease_owner", "ALTER COLUMN lease_owner SET DEFAULT '', ALTER COLUMN lease_owner SET NOT NULL" },
        { "region", "ADD region integer NOT NULL DEFAULT 1; ALTER TABLE oauth_connections ALTER COLUMN region DROP DEFAULT" },
    };

    [Theory]
    [MemberData(nameof(Columns))]
    public async Task DB_1_A_missing_column_is_named_stops_token_calls_and_is_mended_by_what_is_printed(string column) =>
        await DamageAsync($"ALTER TABLE {Table} DROP COLUMN {column}", $"column public.{Table}.{column}");

    [Theory]
    [MemberData(nameof(WrongColumns))]
    public async Task F47_A_column_that_is_not_as_it_must_be_is_named_stops_token_calls_and_is_mended(string column, string damage) => await DamageAsync(
        $"CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false); UPDATE {Table} SET lease_owner = ''; ALTER TABLE {Table} {damage}",
        $"column public.{Table}.{column}");

    [Theory]
    [InlineData("ALTER TABLE oauth_connections DROP CONSTRAINT pk_oauth_connections", "primary key of public.oauth_connections")]
    [InlineData(
        "ALTER TABLE oauth_connections DROP CONSTRAINT pk_oauth_connections, ADD CONSTRAINT pk_oauth_connections PRIMARY KEY (provider, user_id)",
        "primary key of public.oauth_connections")]
    [InlineData(
        "ALTER TABLE oauth_connections DROP CONSTRAINT pk_oauth_connections; CREATE UNIQUE INDEX same ON oauth_connections (provider, user_id, connection, tenant) WHERE reauthorization IS NULL",
        "primary key of public.oauth_connections")]
    [InlineData("DROP TABLE oauth_connections", "table public.oauth_connections")]
    public async Task F47_A_missing_key_or_table_is_named_stops_token_calls_and_is_mended(string damage, string subject) => await DamageAsync(damage, subject);

    [Theory]
    [InlineData("DROP INDEX ix_oauth_connections_due", "index public.ix_oauth_connections_due")]
    [InlineData("DROP INDEX ix_oauth_connections_account", "index public.ix_oauth_connections_account")]
    [InlineData(
        "DROP INDEX ix_oauth_connections_due; CREATE INDEX ix_oauth_connections_due ON oauth_connections (provider, next_refresh_at) WHERE lease_owner IS NULL",
        "index public.ix_oauth_connections_due")]
    public async Task F47_A_missing_index_is_named_and_mended_but_stops_nobody(string damage, string subject)
    {
        var schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        await schema.RunAsync(damage);
        await using SchemaApp app = await schema.NewAppAsync();

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Should().ContainSingle().Which.Subject.Should().Be(subject);
        await app.LiveAsync("ada");

        await schema.MendAsync(problems);
        (await app.ProblemsAsync()).Should().BeEmpty();
    }

    [Theory]
    [InlineData("ALTER TABLE oauth_connections DROP CONSTRAINT pk_oauth_connections, ADD UNIQUE (connection, tenant, provider, user_id)")]
    [InlineData("ALTER TABLE oauth_connections DROP CONSTRAINT pk_oauth_connections, ADD id bigserial PRIMARY KEY; CREATE UNIQUE INDEX same ON oauth_connections (provider, user_id, connection, tenant)")]
    [InlineData("ALTER TABLE oauth_connections ADD note text, ADD region integer NOT NULL DEFAULT 1, ADD twice integer NOT NULL GENERATED ALWAYS AS (2) STORED")]
    [InlineData("ALTER TABLE oauth_connections ALTER COLUMN refresh_token TYPE varchar, ALTER COLUMN user_id TYPE text COLLATE \"C.UTF-8\"")]
    [InlineData("DROP INDEX ix_oauth_connections_due; CREATE INDEX other ON oauth_connections (provider, next_refresh_at, user_id)")]
    public async Task F47_What_is_as_good_is_not_complained_about(string change)
    {
        var schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        await schema.RunAsync(change.Replace("C.UTF-8", "C.utf8", StringComparison.Ordinal));
        await using SchemaApp app = await schema.NewAppAsync();

        (await app.ProblemsAsync()).Should().BeEmpty();
        await app.LiveAsync("ada");
    }

    /// <summary>Damages a table with a connected user, and follows it until all is well.</summary>
    /// <summary>Columns that a token is read without: the step that takes the lease meets them, before anything is spent.</summary>
    [Theory]
    [InlineData("write_id")]
    [InlineData("lease_owner")]
    [InlineData("lease_taken_at")]
    [InlineData("lease_until")]
    [InlineData("created_at")]
    public async Task DB_1_A_column_for_writers_that_is_lost_under_a_running_app_spends_no_token(string column)
    {
        var schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        await using SchemaApp app = await schema.NewAppAsync();
        await app.ConnectAsync("ada");
        app.Expire();
        await schema.RunAsync($"ALTER TABLE {Table} DROP COLUMN {column}"); // Nobody has the table looked at: the app finds out by itself.

        (await app.RefusalAsync("ada")).Kind.Should().Be(TokenFailureKind.StoreUnavailable);
        app.Server.Log.TokenRequests.Should().BeEmpty();

        await schema.MendAsync(await app.ProblemsAsync());
        app.PassPause();
        await app.LiveAsync("ada");
        app.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    private async Task DamageAsync(string damage, string subject)
    {
        var schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        await using SchemaApp app = await schema.NewAppAsync();
        await app.ConnectAsync("ada");
        app.Expire();
        await schema.RunAsync(damage);

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Select(static problem => problem.Subject).Should().Contain(subject);

        TokenTemporarilyUnavailableException refusal = await app.RefusalAsync("ada");
        refusal.Kind.Should().Be(TokenFailureKind.StoreUnavailable);
        refusal.InnerException.Should().BeOfType<TokenStoreNotReadyException>().Which.Problems.Should().Equal(problems, "the one who asked for a token is told the same");
        app.Server.Log.TokenRequests.Should().BeEmpty("no token call is made while the schema is wrong");

        await schema.MendAsync(problems);

        (await app.ProblemsAsync()).Should().BeEmpty();
        await app.LiveAsync("bob");
    }
}
