using System.Diagnostics;
using TokenLifecycle.Postgres;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>With the real <c>dotnet ef</c>, on a copy of <c>build/MigrationsApp</c>, which is built before this project is.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class MigrationsTests(SharedPostgres postgres)
{
    private static readonly string Copy = RepositoryRoot.Combine("artifacts", "migrations-app");

    [Fact]
    public async Task DB_1_What_a_migration_of_the_app_makes_is_in_order_and_the_model_is_content_with_it()
    {
        CopyApp();
        string connectionString = await postgres.Cluster.CreateDatabaseAsync();

        await RunAsync(connectionString, "tool", "restore");
        await RunAsync(connectionString, "ef", "migrations", "add", "Initial", "--no-build");
        await RunAsync(connectionString, "build", "--no-restore", "--nologo", "-v", "q");
        await RunAsync(connectionString, "ef", "migrations", "has-pending-model-changes", "--no-build");
        await RunAsync(connectionString, "ef", "migrations", "script", "--idempotent", "--no-build", "-o", "script.sql");

        string app = Path.Combine(Copy, "bin", "Debug", "net10.0", "MigrationsApp.dll");
        (await FluentActions.Awaiting(() => RunAsync(connectionString, app)).Should().ThrowAsync<InvalidOperationException>("the table is not there yet"))
            .Which.Message.Should().Contain("table public.oauth_connections: It is missing.").And.Contain("CREATE TABLE public.oauth_connections");

        await new PostgresSchema<AppDb>(connectionString).RunAsync(await File.ReadAllTextAsync(Path.Combine(Copy, "script.sql")));
        (await RunAsync(connectionString, app)).Should().Contain("The table is valid.");
    }

    /// <summary>Built as it is, so that the first build can be left out.</summary>
    private static void CopyApp()
    {
        string app = RepositoryRoot.Combine("build", "MigrationsApp");
        if (Directory.Exists(Copy))
            Directory.Delete(Copy, recursive: true);
        foreach (string file in Directory.EnumerateFiles(app, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(Copy, Path.GetRelativePath(app, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static async Task<string> RunAsync(string connectionString, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = Copy, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ConnectionStrings__Shop"] = connectionString;
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";

        // Only the copy is built; what it uses is built already, and looked over already. No build server may outlive this.
        foreach ((string name, string value) in new[] { ("BuildProjectReferences", "false"), ("RunAnalyzers", "false"), ("EnforceCodeStyleInBuild", "false"), ("UseSharedCompilation", "false"), ("MSBUILDDISABLENODEREUSE", "1") })
            start.Environment[name] = value;

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{await errors}");
    }
}
