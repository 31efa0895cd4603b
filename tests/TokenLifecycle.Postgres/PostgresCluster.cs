using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace TokenLifecycle.Postgres;

/// <summary>
/// A PostgreSQL of the tests' own: a cluster in a temporary folder on a free loopback port, gone when it is disposed. Each test asks for a database.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    public const string SuperUser = "tests";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _bin;
    private readonly string[] _settings;
    private string _folder;
    private Process? _server;
    private int _databases;

    private PostgresCluster(string bin, string folder, int port, bool isDurable, string[] settings)
    {
        _bin = bin;
        _folder = folder;
        Port = port;
        string[] fast = isDurable ? [] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        _settings = ["max_connections=300", "log_statement=none", "log_min_messages=warning", "shared_buffers=32MB", .. fast, .. settings];
    }

    public int Port { get; }

    /// <summary>Heap files, WAL and all.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>What the server has logged.</summary>
    public string LogFile => Path.Combine(_folder, "server.log");

    /// <summary>The folder of <c>psql</c>, <c>pg_dump</c> and the rest.</summary>
    public string BinFolder => _bin;

    /// <summary>The server's own process: the parent of all of its others.</summary>
    public int ServerProcessId => int.Parse(File.ReadLines(LockFile).First(), CultureInfo.InvariantCulture);

    private string LockFile => Path.Combine(DataFolder, "postmaster.pid");

    /// <summary>Makes and starts a cluster.</summary>
    /// <param name="isDurable">Whether what is committed must survive <see cref="KillAsync"/>.</param>
    /// <param name="settings">Further settings of the server, as <c>name=value</c>; the last word counts.</param>
    public static async Task<PostgresCluster> StartAsync(bool isDurable = false, params string[] settings)
    {
        string bin = PostgresBinaries.Folder ?? throw new InvalidOperationException(PostgresBinaries.Missing);
        string folder = Directory.CreateTempSubdirectory("tokenlifecycle-pg-").FullName;
        PostgresCluster cluster = new(bin, folder, FreePort(), isDurable, settings);
        PostgresBinaries.GiveAway(folder);
        await PostgresBinaries.RunAsync(
            Path.Combine(bin, "initdb"), "-D", cluster.DataFolder, "-U", SuperUser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        await cluster.StartAgainAsync();
        return cluster;
    }

    /// <summary>Makes an empty database, and returns how to connect to it.</summary>
    /// <param name="settings">Further settings of the connection string.</param>
    public async Task<string> CreateDatabaseAsync(string settings = "")
    {
        string name = $"test_{Interlocked.Increment(ref _databases)}";
        await using NpgsqlConnection connection = new(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using NpgsqlCommand command = new($"CREATE DATABASE {name} TEMPLATE template0", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name, settings);
    }

    public string ConnectionString(string database, string settings = "") =>
        $"Host=127.0.0.1;Port={Port};Username={SuperUser};Database={database};Include Error Detail=false;Maximum Pool Size=20;{settings}";

    /// <summary>Stops the server as an administrator would; open transactions are rolled back.</summary>
    public Task StopAsync() => EndAsync("INT");

    /// <summary>Ends the server without giving it time for anything.</summary>
    public Task KillAsync() => EndAsync("QUIT");

    /// <summary>Starts the server again on the same port and data.</summary>
    public async Task StartAgainAsync()
    {
        _server = PostgresBinaries.Start(Path.Combine(_bin, "postgres"), LogFile, Arguments());
        using CancellationTokenSource deadline = new(Deadline, TimeProvider.System);
        string connectionString = ConnectionString("postgres", "Pooling=false;Timeout=5");
        while (true)
        {
            try
            {
                await using NpgsqlConnection connection = new(connectionString);
                await connection.OpenAsync(deadline.Token);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException && !_server.HasExited)
            {
                await Task.Delay(Pause, TimeProvider.System, deadline.Token); // Its readiness can only be asked for.
            }
        }
    }

    /// <summary>Stops all processes of the server where they are: connections stay open and nothing is answered.</summary>
    public async Task SuspendAsync()
    {
        // The server first, so that it starts no more; then what it had started by then.
        await PostgresBinaries.RunAsync("kill", "-STOP", ProcessIds()[0]);
        await PostgresBinaries.RunAsync("kill", ["-STOP", .. ProcessIds()]);
    }

    /// <summary>Lets them go on.</summary>
    public Task ResumeAsync() => PostgresBinaries.RunAsync("kill", ["-CONT", .. ProcessIds()]);

    /// <summary>Makes and starts a standby of this cluster, which follows it by asynchronous streaming replication.</summary>
    public async Task<PostgresCluster> StartStandbyAsync()
    {
        string folder = Directory.CreateTempSubdirectory("tokenlifecycle-pg-").FullName;
        PostgresCluster standby = new(_bin, folder, FreePort(), isDurable: true, _settings);
        PostgresBinaries.GiveAway(folder);
        await PostgresBinaries.RunAsync(
            Path.Combine(_bin, "pg_basebackup"),
            "-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", SuperUser, "-D", standby.DataFolder, "-R", "-X", "stream", "-c", "fast", "--no-sync");
        await standby.StartAgainAsync();
        await standby.UntilAsync("SELECT EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming')");
        return standby;
    }

    /// <summary>Lets a standby receive no more. What it has received by then it applies.</summary>
    public async Task StopReceivingAsync()
    {
        await AskAsync("ALTER SYSTEM SET primary_conninfo = ''");
        await AskAsync("SELECT pg_reload_conf()");
        await UntilAsync("SELECT NOT EXISTS (SELECT 1 FROM pg_stat_wal_receiver) AND pg_last_wal_replay_lsn() >= COALESCE(pg_last_wal_receive_lsn(), '0/0')");
    }

    /// <summary>Puts a standby in the place of this cluster, which has been ended: on this one's port, at first for readers only, and then as the primary.</summary>
    public async Task FailOverAsync(PostgresCluster standby, Action beforePromotion)
    {
        await standby.StopAsync();
        string failed = _folder;
        _folder = standby._folder;
        await StartAgainAsync();
        beforePromotion();
        await AskAsync("SELECT pg_promote()");
        Directory.Delete(failed, recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task EndAsync(string signal)
    {
        if (_server is null)
            return;

        // The server's own id, which is in its lock file: the process that was started may be the one that changed the user.
        if (!_server.HasExited && File.Exists(LockFile))
            await PostgresBinaries.RunAsync("kill", $"-{signal}", ServerProcessId.ToString(CultureInfo.InvariantCulture));
        using CancellationTokenSource deadline = new(Deadline, TimeProvider.System);
        await _server.WaitForExitAsync(deadline.Token);
        _server.Dispose();
        _server = null;
    }

    private string[] Arguments() =>
    [
        "-D", DataFolder, "-p", Port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={_folder}",
        .. _settings.SelectMany(static setting => new[] { "-c", setting }),
    ];

    private async Task<object?> AskAsync(string sql)
    {
        await using NpgsqlConnection connection = new(ConnectionString("postgres", "Pooling=false;Timeout=5"));
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private async Task UntilAsync(string condition)
    {
        using CancellationTokenSource deadline = new(Deadline, TimeProvider.System);
        while (await AskAsync(condition) is not true)
            await Task.Delay(Pause, TimeProvider.System, deadline.Token);
    }

    /// <summary>The server and all of its own processes, itself first.</summary>
    private string[] ProcessIds()
    {
        int server = ServerProcessId;
        return
        [
            server.ToString(CultureInfo.InvariantCulture),
            .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).OfType<string>().Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _) && ParentOf(name) == server),
        ];
    }

    private static int ParentOf(string process)
    {
        try
        {
            return int.Parse(File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // Gone in the meantime.
        }
    }

    internal static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
