using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.PostgreSql.Rows;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Fleet;

/// <summary>What the database could do if there were nothing else: PostgreSQL's own <c>pgbench</c> with the two statements of a refresh, lease with re-read and save.</summary>
internal static partial class PlainSql
{
    /// <summary>Refreshes a second over so many connections.</summary>
    public static async Task<double> MeasureAsync(PostgresCluster cluster, string connectionString, string script, int clients, int seconds)
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, script);
            var start = new ProcessStartInfo(
                Path.Combine(cluster.BinFolder, "pgbench"),
                [
                    "--no-vacuum", "--protocol=prepared", $"--client={clients}", $"--jobs={Math.Min(clients, 2)}", $"--time={seconds}", $"--file={file}", "--host=127.0.0.1",
                    $"--port={cluster.Port}", $"--username={PostgresCluster.SuperUser}", new NpgsqlConnectionStringBuilder(connectionString).Database!,
                ])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0
                ? Math.Round(double.Parse(Rate().Match(output).Groups["tps"].Value, CultureInfo.InvariantCulture))
                : throw new InvalidOperationException($"pgbench: {await errors}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The library's own statements for random rows, with values as long as real ones.</summary>
    public static string ScriptOf(TokenTable table, StoredToken model, int rows)
    {
        PostgreSqlStatements statements = PostgreSqlStatements.Of(table, tells: false);
        Dictionary<string, object?> values = Row.All.ToDictionary(static property => property.Name, property => property.Get(RowValues.Of(model)), StringComparer.Ordinal);
        return $"""
            \set id random(0, {rows - 1})
            {Parameter().Replace(statements.Begin, Value)} \gset was_
            {Parameter().Replace(statements.Update, Value)};
            """;

        string Value(Match parameter) => parameter.Groups["name"].Value switch
        {
            Row.UserId => "('user-' || :id)",
            Row.WriteId => "gen_random_uuid()",
            Row.NextRefreshAt => "(now() + interval '1 day' + random() * interval '5 minutes')",
            PostgreSqlStatements.Attempt => "'bench'",
            PostgreSqlStatements.LeaseSeconds => "60.0",
            PostgreSqlStatements.ExpectedVersion => $":was_{table[Row.Version].Trim('"')}",
            string name => values[name] switch
            {
                null => "NULL",
                DateTime => "now()",
                object value => $"'{Convert.ToString(value, CultureInfo.InvariantCulture)!.Replace("'", "''", StringComparison.Ordinal).Replace(':', '_')}'", // A colon begins a variable, in quotes too.
            },
        };
    }

    [GeneratedRegex("@(?<name>[A-Za-z_]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();

    [GeneratedRegex("^tps = (?<tps>[0-9.]+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rate();
}
