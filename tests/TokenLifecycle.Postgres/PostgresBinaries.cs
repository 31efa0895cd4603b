using System.Diagnostics;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Postgres;

/// <summary>Where PostgreSQL's programs are, and how to run them as somebody who is not root, which they refuse to be.</summary>
public static class PostgresBinaries
{
    /// <summary>Set by <c>build/test.sh</c> where PostgreSQL cannot be had: the tests that need it are then reported as skipped.</summary>
    public const string SkipVariable = "TOKENLIFECYCLE_SKIP_POSTGRES";

    public const string Missing = $"PostgreSQL is missing: run 'bash build/prepare-postgres.sh' once, or set {SkipVariable}=1.";

    public static bool IsOff => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(SkipVariable));

    /// <summary>The folder with <c>initdb</c> and <c>postgres</c>; <see langword="null"/> if there is none.</summary>
    public static string? Folder { get; } = Find();

    /// <summary>Lets the programs write into a folder.</summary>
    internal static void GiveAway(string folder)
    {
        if (Environment.IsPrivilegedProcess)
            Process.Start("chown", ["nobody", folder])!.WaitForExit();
    }

    internal static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(StartInfo(program, arguments, redirectsOutput: true))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors}");
    }

    internal static Process Start(string program, string logFile, string[] arguments)
    {
        // The shell opens the log, as a server with pipes to us would stop when they are full; and it ends the server when our end of its input closes,
        // which a test process that dies does too. PgBouncer ends by TERM, and one that is stopped has to go on first.
        const string script = """
            exec 3<&0 2> /dev/null
            "$0" "$@" >> "$LOG" 2>&1 < /dev/null 3<&- &
            server=$!
            (cat <&3 > /dev/null; kill -QUIT $server; kill -TERM $server; kill -CONT $server) &
            wait $server
            """;
        ProcessStartInfo start = StartInfo("/bin/sh", ["-c", script, program, .. arguments], redirectsOutput: false);
        start.RedirectStandardInput = true;
        start.Environment["LOG"] = logFile;
        return Process.Start(start)!;
    }

    private static ProcessStartInfo StartInfo(string program, string[] arguments, bool redirectsOutput)
    {
        string[] all = Environment.IsPrivilegedProcess ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups", program, .. arguments] : arguments;
        return new ProcessStartInfo(Environment.IsPrivilegedProcess ? "setpriv" : program, all)
        {
            UseShellExecute = false,
            WorkingDirectory = "/",
            RedirectStandardOutput = redirectsOutput,
            RedirectStandardError = redirectsOutput,
        };
    }

    /// <summary>The program of PgBouncer; <see langword="null"/> if there is none.</summary>
    public static string? PgBouncer()
    {
        string written = RepositoryRoot.Combine("artifacts", "tools", "pgbouncer-path");
        string program = File.Exists(written) ? File.ReadAllText(written).Trim() : "/usr/sbin/pgbouncer";
        return File.Exists(program) ? program : null;
    }

    private static string? Find()
    {
        string written = RepositoryRoot.Combine("artifacts", "tools", "postgres-bin");
        if (File.Exists(written))
            return File.ReadAllText(written).Trim();

        const string debian = "/usr/lib/postgresql";
        return Directory.Exists(debian)
            ? Directory.EnumerateDirectories(debian).Select(static version => Path.Combine(version, "bin")).Where(static bin => File.Exists(Path.Combine(bin, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault()
            : null;
    }
}
