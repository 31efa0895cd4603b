using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>DB-1 and F47 where the engine can alter little, and EF makes the table anew instead.</summary>
public sealed class SqliteSchemaTests : IDisposable
{
    private const string Table = "oauth_connections";

    private readonly string _folder = Directory.CreateTempSubdirectory("tokenlifecycle-schema-").FullName;

    private string ConnectionString => $"Data Source={Path.Combine(_folder, "app.db")}";

    /// <summary>SQLite drops no column of a key or an index.</summary>
    public static TheoryData<string> Columns
    {
        get
        {
            string[] kept = [Row.Provider, Row.UserId, Row.Connection, Row.Tenant, Row.AccountId, Row.NextRefreshAt, Row.Reauthorization];
            return new(Row.All.Where(row => !kept.Contains(row.Name)).Select(static row => row.Column));
        }
    }

    public static TheoryData<string, string, string> Definitions => new()
    {
        { "\"refresh_token\" TEXT NULL", "\"refresh_token\" varchar(2000) NULL", $"column {Table}.refresh_token" },
        { "\"refresh_token\" TEXT NULL", "\"refresh_token\" TEXT NOT NULL", $"column {Table}.refresh_token" },
        { "\"version\" INTEGER NOT NULL", "\"version\" INTEGER NULL", $"column {Table}.version" },
        { "\"expires_at\" TEXT NULL", "\"expires_at\" INTEGER NULL", $"column {Table}.expires_at" },
        { "\"user_id\" TEXT NOT NULL", "\"user_id\" TEXT COLLATE NOCASE NOT NULL", $"column {Table}.user_id" },
        { "PRIMARY KEY (\"provider\", \"user_id\", \"connection\", \"tenant\")", "PRIMARY KEY (\"provider\", \"user_id\")", $"primary key of {Table}" },
        { "CONSTRAINT \"pk_oauth_connections\" PRIMARY KEY (\"provider\", \"user_id\", \"connection\", \"tenant\")", "CHECK (1)", $"primary key of {Table}" },
    };

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Columns))]
    public async Task DB_1_A_missing_column_is_named_and_mended_on_SQLite(string column)
    {
        await RunAsync(await ScriptAsync());
        await RunAsync($"ALTER TABLE {Table} DROP COLUMN {column}");
        await HealAsync($"column {Table}.{column}");
    }

    [Theory]
    [MemberData(nameof(Definitions))]
    public async Task F47_A_table_that_is_not_as_it_must_be_is_named_and_mended_on_SQLite(string right, string wrong, string subject)
    {
        string script = await ScriptAsync();
        script.Should().Contain(right);
        await RunAsync(script.Replace(right, wrong, StringComparison.Ordinal));
        await HealAsync(subject);
    }

    [Fact]
    public async Task F47_A_missing_table_is_named_and_mended_on_SQLite() => await HealAsync($"table {Table}");

    [Fact]
    public async Task F47_A_missing_index_is_named_and_mended_on_SQLite()
    {
        await RunAsync(await ScriptAsync());
        await RunAsync("DROP INDEX ix_oauth_connections_due");
        await using SchemaApp app = await NewAppAsync();

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Should().ContainSingle().Which.Subject.Should().Be("index ix_oauth_connections_due");
        await RunAsync(problems[0].Remedy!);
        (await app.ProblemsAsync()).Should().BeEmpty();
    }

    [Theory]
    [InlineData("ALTER TABLE oauth_connections ADD note text NOT NULL DEFAULT ''", "\"refresh_token\" TEXT NULL", "\"refresh_token\" TEXT NOT NULL")]
    [InlineData("SELECT 1", "\"provider\" TEXT NOT NULL", "\"note\" TEXT NOT NULL, \"provider\" TEXT NOT NULL")]
    public async Task F47_No_DDL_is_printed_that_would_drop_a_column_of_others(string change, string right, string wrong)
    {
        await RunAsync((await ScriptAsync()).Replace(right, wrong, StringComparison.Ordinal));
        await RunAsync(change);
        await using SchemaApp app = await NewAppAsync();

        (await app.ProblemsAsync()).Should().ContainSingle().Which.Remedy.Should().Contain("that would drop note").And.NotContain("TABLE ");
    }

    [Fact]
    public async Task F47_A_read_only_database_is_named_on_SQLite()
    {
        await RunAsync(await ScriptAsync());
        await using SchemaApp app = await SchemaApp.NewAsync<AppDb>(options => options.UseSqlite(ConnectionString + ";Mode=ReadOnly"));

        (await app.ProblemsAsync()).Should().HaveCount(3).And.OnlyContain(static problem => problem.Message.Contains("readonly", StringComparison.Ordinal));
        (await app.RefusalAsync("ada")).InnerException.Should().BeOfType<TokenStoreNotReadyException>();
    }

    private async Task HealAsync(string subject)
    {
        await using SchemaApp app = await NewAppAsync();

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Select(static problem => problem.Subject).Should().Contain(subject);
        (await app.RefusalAsync("ada")).InnerException.Should().BeOfType<TokenStoreNotReadyException>().Which.Problems.Should().Equal(problems);
        app.Server.Log.TokenRequests.Should().BeEmpty();

        foreach (TokenStoreProblem problem in problems)
            await RunAsync(problem.Remedy!);

        (await app.ProblemsAsync()).Should().BeEmpty();
        await app.LiveAsync("ada");
    }

    private Task<SchemaApp> NewAppAsync() => SchemaApp.NewAsync<AppDb>(options => options.UseSqlite(ConnectionString));

    private async Task<string> ScriptAsync()
    {
        await using AppDb context = new(new DbContextOptionsBuilder<AppDb>().UseSqlite(ConnectionString).Options);
        return context.Database.GenerateCreateScript();
    }

    private async Task RunAsync(string sql)
    {
        await using SqliteConnection connection = new(ConnectionString);
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
