using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Keeps the statements that EF sends to PostgreSQL with their values, to ask how it would go about them.</summary>
internal sealed class PlanLog : DbCommandInterceptor
{
    private readonly ConcurrentQueue<(string Sql, NpgsqlParameter[] Parameters)> _statements = new();
    private volatile bool _isOn;

    public void Start() => _isOn = true;

    /// <summary>The plan of each.</summary>
    public async Task<IReadOnlyList<string>> ExplainAsync(string connectionString)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync();
        List<string> plans = [];
        foreach ((string sql, NpgsqlParameter[] parameters) in _statements)
        {
            await using NpgsqlCommand explain = new("EXPLAIN " + sql, connection);
            explain.Parameters.AddRange(parameters);
            await using NpgsqlDataReader reader = await explain.ExecuteReaderAsync();
            List<string> lines = [sql];
            while (await reader.ReadAsync())
                lines.Add(reader.GetString(0));
            plans.Add(string.Join('\n', lines));
        }

        return plans;
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) => Noted(command, result);

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) => Noted(command, result);

    private ValueTask<T> Noted<T>(DbCommand command, T result)
    {
        if (_isOn)
            _statements.Enqueue((command.CommandText, [.. command.Parameters.Cast<NpgsqlParameter>().Select(static parameter => parameter.Clone())]));
        return ValueTask.FromResult(result);
    }
}
