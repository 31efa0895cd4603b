using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>Whatever names a table was given, EF makes it as the validation wants it. Migrations: <c>build/check-migrations.sh</c>.</summary>
public sealed class UntouchedSqliteTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenlifecycle-schema-").FullName;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public Task DB_1_A_fresh_table_is_in_order_on_SQLite() => IsInOrderAsync<AppDb>();

    [Fact]
    public Task DB_1_A_fresh_table_with_names_of_its_own_is_in_order_on_SQLite() => IsInOrderAsync<GoogleDb>();

    [Fact]
    public Task DB_1_A_fresh_table_with_odd_names_is_in_order_on_SQLite() => IsInOrderAsync<QuotedDb>();

    [Fact]
    public Task DB_1_A_fresh_table_renamed_by_a_convention_is_in_order_on_SQLite() => IsInOrderAsync<ConventionDb>();

    private async Task IsInOrderAsync<TContext>()
        where TContext : DbContext
    {
        string connectionString = $"Data Source={Path.Combine(_folder, "app.db")}";
        await using (TContext context = (TContext)Activator.CreateInstance(typeof(TContext), new DbContextOptionsBuilder<TContext>().UseSqlite(connectionString).Options)!)
            await context.Database.EnsureCreatedAsync();
        await using SchemaApp app = await SchemaApp.NewAsync<TContext>(options => options.UseSqlite(connectionString));

        await app.StartAsync();
        (await app.ProblemsAsync()).Should().BeEmpty();
        await app.LiveAsync("ada");
    }
}

/// <summary>The same on PostgreSQL, and what is printed for a table that is not there at all.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class UntouchedPostgresTests(SharedPostgres postgres)
{
    [Fact]
    public Task DB_1_A_fresh_table_is_in_order() => IsInOrderAsync<AppDb>();

    [Fact]
    public Task DB_1_A_fresh_table_with_names_of_its_own_is_in_order() => IsInOrderAsync<GoogleDb>();

    [Fact]
    public Task DB_1_A_fresh_table_with_odd_names_is_in_order() => IsInOrderAsync<QuotedDb>();

    [Fact]
    public Task DB_1_A_fresh_table_renamed_by_a_convention_is_in_order() => IsInOrderAsync<ConventionDb>();

    [Fact]
    public Task DB_1_A_table_that_migrations_leave_alone_is_checked_all_the_same() => IsMadeByRemedyAsync<ForeignTableDb>();

    private async Task IsInOrderAsync<TContext>()
        where TContext : DbContext
    {
        var schema = await PostgresSchema<TContext>.CreateAsync(postgres.Cluster);
        await using (SchemaApp app = await schema.NewAppAsync())
        {
            await app.StartAsync();
            (await app.ProblemsAsync()).Should().BeEmpty();
            await app.LiveAsync("ada");
        }

        await IsMadeByRemedyAsync<TContext>();
    }

    private async Task IsMadeByRemedyAsync<TContext>()
        where TContext : DbContext
    {
        var schema = await PostgresSchema<TContext>.CreateAsync(postgres.Cluster, withTable: false);
        await using SchemaApp app = await schema.NewAppAsync();

        IReadOnlyList<TokenStoreProblem> problems = await app.ProblemsAsync();
        problems.Should().ContainSingle().Which.Message.Should().StartWith("It is missing.");
        await schema.MendAsync(problems);

        (await app.ProblemsAsync()).Should().BeEmpty();
        await app.LiveAsync("ada");
    }
}
