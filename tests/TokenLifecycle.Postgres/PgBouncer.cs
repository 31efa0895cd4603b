using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace TokenLifecycle.Postgres;

/// <summary>A PgBouncer of the tests' own before a cluster, on a free loopback port. It pools one database in both ways, by the transaction and by the session.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    public const string Missing = "PgBouncer is missing: run 'bash build/prepare-pgbouncer.sh' once.";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _program;
    private readonly string _folder;
    private readonly int _port;
    private Process? _process;

    private PgBouncer(string program, string folder, int port) => (_program, _folder, _port) = (program, folder, port);

    /// <summary>What it has logged.</summary>
    public string LogFile => Path.Combine(_folder, "pgbouncer.log");

    private string SettingsFile => Path.Combine(_folder, "pgbouncer.ini");

    private string ProcessFile => Path.Combine(_folder, "pgbouncer.pid");

    /// <summary>Starts one.</summary>
    /// <param name="cluster">What it stands before.</param>
    /// <param name="database">A connection string of the cluster, which names the database.</param>
    public static async Task<PgBouncer> StartAsync(PostgresCluster cluster, string database)
    {
        string program = PostgresBinaries.PgBouncer() ?? throw new InvalidOperationException(Missing);
        string folder = Directory.CreateTempSubdirectory("tokenlifecycle-pgbouncer-").FullName;
        var bouncer = new PgBouncer(program, folder, PostgresCluster.FreePort());
        string to = string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={cluster.Port} user={PostgresCluster.SuperUser} dbname={new NpgsqlConnectionStringBuilder(database).Database}");
        await File.WriteAllTextAsync(bouncer.SettingsFile, string.Create(
            CultureInfo.InvariantCulture,
            $"""
            [databases]
            by_transaction = {to} pool_mode=transaction
            by_session = {to} pool_mode=session
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {bouncer._port}
            unix_socket_dir =
            auth_type = any
            pidfile = {bouncer.ProcessFile}
            ignore_startup_parameters = extra_float_digits
            max_client_conn = 500
            default_pool_size = 40
            server_login_retry = 1
            """));
        PostgresBinaries.GiveAway(folder);
        await bouncer.StartAgainAsync();
        return bouncer;
    }

    /// <summary>How to connect through it.</summary>
    /// <param name="byTransaction">Whether a server connection is a client's for a transaction only, or for as long as the client is connected.</param>
    public string ConnectionString(bool byTransaction) =>
        $"Host=127.0.0.1;Port={_port};Username={PostgresCluster.SuperUser};Database={(byTransaction ? "by_transaction;No Reset On Close=true" : "by_session")};Include Error Detail=false;Maximum Pool Size=20;";

    /// <summary>Ends it without giving it time for anything.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        await PostgresBinaries.RunAsync("kill", "-KILL", (await File.ReadAllTextAsync(ProcessFile)).Trim());
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again on the same port.</summary>
    public async Task StartAgainAsync()
    {
        File.Delete(ProcessFile); // It writes its own, and refuses to start over another's.
        _process = PostgresBinaries.Start(_program, LogFile, [SettingsFile]);
        using CancellationTokenSource deadline = new(Deadline, TimeProvider.System);
        while (true)
        {
            try
            {
                await using NpgsqlConnection connection = new(ConnectionString(byTransaction: false) + "Pooling=false;Timeout=5");
                await connection.OpenAsync(deadline.Token);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException && !_process.HasExited)
            {
                await Task.Delay(Pause, TimeProvider.System, deadline.Token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
