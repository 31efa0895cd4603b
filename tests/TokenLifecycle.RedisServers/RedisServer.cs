using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.RedisServers;

/// <summary>A Redis of the tests' own: a process in a temporary folder on a free loopback port, gone when it is disposed.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    /// <summary>Set by <c>build/test.sh</c> where Redis cannot be had: the tests that need it are then left out.</summary>
    public const string SkipVariable = "TOKENLIFECYCLE_SKIP_REDIS";

    /// <summary>Marks test classes by what they need: <c>[Trait(RedisServer.Needs, RedisServer.Redis)]</c>.</summary>
    public const string Needs = "needs";

    public const string Redis = "redis";

    public const string Missing = $"Redis is missing: run 'bash build/prepare-redis.sh' once, or set {SkipVariable}=1.";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly string _program;
    private readonly string _folder;
    private readonly string[] _settings;
    private Process? _process;

    private RedisServer(string program, string folder, int port, string[] settings) => (_program, _folder, Port, _settings) = (program, folder, port, settings);

    /// <summary>The path of the server's program; <see langword="null"/> if there is none.</summary>
    public static string? Program { get; } = Find();

    public static bool IsOff => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(SkipVariable));

    public int Port { get; }

    /// <summary>How to connect.</summary>
    public string Configuration => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public int ProcessId => _process!.Id;

    /// <summary>Starts one that is durable, unless the settings say otherwise.</summary>
    /// <param name="settings">Further settings, as on the command line: <c>"--appendfsync", "everysec"</c>.</param>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        string folder = Directory.CreateTempSubdirectory("tokenlifecycle-redis-").FullName;
        var server = new RedisServer(Program ?? throw new InvalidOperationException(Missing), folder, FreePort(), ["--appendonly", "yes", "--appendfsync", "always", "--save", "", .. settings]);
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
            (cat <&3 > /dev/null; kill -CONT $server; kill -KILL $server) > /dev/null 2>&1 &
            echo $server > server.pid
            wait $server
            """;
        string[] arguments = ["--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder, .. _settings];
        File.Delete(Path.Combine(_folder, "server.pid"));
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script, _program, .. arguments]) { RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = _folder })!;
        using CancellationTokenSource deadline = new(Deadline, TimeProvider.System);
        while (!await IsUpAsync(deadline.Token))
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"Redis did not start: {await File.ReadAllTextAsync(Path.Combine(_folder, "server.log"), deadline.Token)}");
            await Task.Delay(Pause, TimeProvider.System, deadline.Token);
        }
    }

    /// <summary>Opens a connection of the tests' own.</summary>
    public Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync(Configuration + ",allowAdmin=true");

    /// <summary>Ends the server without giving it time for anything.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        Signal("KILL");
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Stops the server where it is: connections stay open and nothing is answered.</summary>
    public void Suspend() => Signal("STOP");

    /// <summary>Lets it go on.</summary>
    public void Resume() => Signal("CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, File.ReadAllText(Path.Combine(_folder, "server.pid")).Trim()]);
        kill.WaitForExit();
    }

    /// <summary>Whether it answers and has read its data.</summary>
    private async Task<bool> IsUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            using TcpClient client = new();
            await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray(), cancellationToken);
            byte[] answer = new byte[5];
            await client.GetStream().ReadExactlyAsync(answer, cancellationToken);
            return answer.AsSpan().SequenceEqual("+PONG"u8);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    private static string? Find()
    {
        string written = RepositoryRoot.Combine("artifacts", "tools", "redis-server-path");
        string program = File.Exists(written) ? File.ReadAllText(written).Trim() : "/usr/bin/redis-server";
        return File.Exists(program) ? program : null;
    }

    internal static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
