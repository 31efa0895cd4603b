using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TokenLifecycle.Options;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>A database with the table of a context, and somebody who runs SQL on it.</summary>
internal sealed class PostgresSchema<TContext>(string connectionString)
    where TContext : DbContext
{
    public string ConnectionString { get; } = connectionString;

    public static async Task<PostgresSchema<TContext>> CreateAsync(PostgresCluster cluster, bool withTable = true)
    {
        PostgresSchema<TContext> schema = new(await cluster.CreateDatabaseAsync());
        await using TContext context = schema.NewContext();
        if (withTable)
            await schema.RunAsync(context.Database.GenerateCreateScript());
        return schema;
    }

    public TContext NewContext() =>
        (TContext)Activator.CreateInstance(typeof(TContext), new DbContextOptionsBuilder<TContext>().UseNpgsql(ConnectionString).Options)!;

    /// <param name="settings">Further settings of the connection string.</param>
    /// <param name="mode">What an unfit store means on start.</param>
    /// <param name="builder">What else the app uses.</param>
    public Task<SchemaApp> NewAppAsync(string settings = "", StoreCheckMode mode = StoreCheckMode.Fail, Action<TokenLifecycleBuilder>? builder = null) =>
        SchemaApp.NewAsync<TContext>(options => options.UseNpgsql(ConnectionString + settings), mode, builder);

    public async Task<int> RunAsync(string sql, params string?[] values)
    {
        await using NpgsqlConnection connection = new(ConnectionString + "Pooling=false;");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        foreach (string? value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<object?> AskAsync(string sql)
    {
        await using NpgsqlConnection connection = new(ConnectionString + "Pooling=false;");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Runs what was printed, as it stands, in the order in which it was printed.</summary>
    public async Task MendAsync(IEnumerable<TokenStoreProblem> problems)
    {
        foreach (TokenStoreProblem problem in problems)
            await RunAsync(problem.Remedy ?? throw new InvalidOperationException($"{problem} has no remedy."));
    }
}
