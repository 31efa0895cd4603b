using System.Diagnostics;
using System.Globalization;
using Npgsql;
using TokenLifecycle.Postgres;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>A database as a backup has it.</summary>
internal static class PostgresDump
{
    public static Task<string> TakeAsync(PostgresCluster cluster, PostgresDatabase database) => RunAsync(cluster, "pg_dump", database, input: "");

    /// <summary>Puts a backup in place of what is there.</summary>
    public static async Task RestoreAsync(PostgresCluster cluster, PostgresDatabase database, string dump)
    {
        await database.ExecuteAsync("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        await RunAsync(cluster, "psql", database, dump, "--quiet", "-v", "ON_ERROR_STOP=1");
    }

    private static async Task<string> RunAsync(PostgresCluster cluster, string program, PostgresDatabase database, string input, params string[] arguments)
    {
        string name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database!;
        string[] all = [.. arguments, "-h", "127.0.0.1", "-p", cluster.Port.ToString(CultureInfo.InvariantCulture), "-U", PostgresCluster.SuperUser, name];
        using Process process = Process.Start(new ProcessStartInfo(Path.Combine(cluster.BinFolder, program), all)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        string text = await output;
        await process.WaitForExitAsync();
        process.ExitCode.Should().Be(0, program);
        return text;
    }
}
