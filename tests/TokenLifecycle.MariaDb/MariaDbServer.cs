using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MySql.Data.MySqlClient;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.MariaDb;

/// <summary>A MariaDB of the tests' own: a process in a temporary folder on a free loopback port, gone when it is disposed. Each test asks for a database.</summary>
public sealed class MariaDbServer : IAsyncDisposable
{
    /// <summary>Set by <c>build/test.sh</c> where MariaDB cannot be had: the tests that need it are then left out.</summary>
    public const string SkipVariable = "TOKENLIFECYCLE_SKIP_MARIADB";

    /// <summary>Marks test classes by what they need: <c>[Trait(MariaDbServer.Needs, MariaDbServer.MariaDb)]</c>.</summary>
    public const string Needs = "needs";

    public const string MariaDb = "mariadb";

    public const string Missing = $"MariaDB is missing: run 'bash build/prepare-mariadb.sh' once, or set {SkipVariable}=1.";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly string[] SystemTables = ["mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql"];

    private readonly string _folder;
    private readonly bool _isDurable;
    private Process? _process;
    private int _databases;

    private MariaDbServer(string folder, int port, bool isDurable) => (_folder, Port, _isDurable) = (folder, port, isDurable);

    /// <summary>The path of the server's program; <see langword="null"/> if there is none.</summary>
    public static string? Program { get; } = Find();

    public static bool IsOff => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(SkipVariable));

    public int Port { get; }

    /// <summary>Makes its system tables and starts it.</summary>
    /// <param name="isDurable">Whether what is committed must survive <see cref="KillAsync"/>.</param>
    public static async Task<MariaDbServer> StartAsync(bool isDurable = false)
    {
        MariaDbServer server = new(Directory.CreateTempSubdirectory("tokenlifecycle-mariadb-").FullName, FreePort(), isDurable);
        Directory.CreateDirectory(server.DataFolder);
        await server.MakeSystemTablesAsync();
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it again on the same port and data.</summary>
    public async Task StartAgainAsync()
    {
        // The shell ends the server when our end of its input closes, which a test process that dies does too.
        const string script = """
            exec 3<&0 2> /dev/null
            "$0" "$@" > server.log 2>&1 < /dev/null 3<&- &
            server=$!
            (cat <&3 > /dev/null; kill -KILL $server) > /dev/null 2>&1 &
            echo $server > server.pid
            wait $server
            """;
        string[] arguments =
        [
            .. Common, $"--port={Port.ToString(CultureInfo.InvariantCulture)}", "--bind-address=127.0.0.1", $"--socket={Path.Combine(_folder, "socket")}",
            "--skip-name-resolve", "--max-connections=300", $"--innodb-flush-log-at-trx-commit={(_isDurable ? 1 : 0)}",
            "--character-set-server=utf8mb4", // As Debian sets it.
            "--innodb-lock-wait-timeout=1", // A test meets it; the default is 50 seconds.
        ];
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script, Program!, .. arguments]) { RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = _folder })!;
        using CancellationTokenSource deadline = new(Deadline, TimeProvider.System);
        while (!await IsUpAsync(deadline.Token))
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"MariaDB did not start: {await File.ReadAllTextAsync(Path.Combine(_folder, "server.log"), deadline.Token)}");
            await Task.Delay(Pause, TimeProvider.System, deadline.Token);
        }
    }

    /// <summary>Makes an empty database with the server's default collation, and returns how to connect to it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = $"test_{Interlocked.Increment(ref _databases)}";
        await using MySqlConnection connection = new(ConnectionString(""));
        await connection.OpenAsync();
        await using MySqlCommand command = new($"CREATE DATABASE {name} CHARACTER SET utf8mb4", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    /// <summary>Ends the server without giving it time for anything.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        using (Process kill = Process.Start("kill", ["-KILL", (await File.ReadAllTextAsync(Path.Combine(_folder, "server.pid"))).Trim()]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string DataFolder => Path.Combine(_folder, "data");

    private string[] Common =>
        ["--no-defaults", $"--datadir={DataFolder}", "--user=" + Environment.UserName, "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M"];

    private string ConnectionString(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Server=127.0.0.1;Port={Port};User ID=root;Database={database};SSL Mode=Disabled;");

    /// <summary>What <c>mariadb-install-db</c> does; it is not used because it needs programs of another package.</summary>
    private async Task MakeSystemTablesAsync()
    {
        string program = Program ?? throw new InvalidOperationException(Missing);
        const string messages = "/usr/share/mysql";
        using Process bootstrap = Process.Start(new ProcessStartInfo(program, [.. Common, "--bootstrap", "--skip-networking", $"--lc-messages-dir={messages}"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        Task<string> output = bootstrap.StandardOutput.ReadToEndAsync();
        Task<string> errors = bootstrap.StandardError.ReadToEndAsync();
        await bootstrap.StandardInput.WriteAsync("create database mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n");
        foreach (string file in SystemTables)
            await bootstrap.StandardInput.WriteAsync(await File.ReadAllTextAsync(Path.Combine(messages, file)));
        bootstrap.StandardInput.Close();
        await bootstrap.WaitForExitAsync();
        await output;
        if (bootstrap.ExitCode != 0)
            throw new InvalidOperationException($"MariaDB's system tables could not be made: {await errors}");
    }

    private async Task<bool> IsUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using MySqlConnection connection = new(ConnectionString("") + "Pooling=false;");
            await connection.OpenAsync(cancellationToken);
            return true;
        }
        catch (MySqlException)
        {
            return false;
        }
    }

    private static string? Find()
    {
        string written = RepositoryRoot.Combine("artifacts", "tools", "mariadbd-path");
        string program = File.Exists(written) ? File.ReadAllText(written).Trim() : "/usr/sbin/mariadbd";
        return File.Exists(program) ? program : null;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
