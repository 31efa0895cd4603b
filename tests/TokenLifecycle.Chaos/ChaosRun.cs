using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.MariaDb;
using TokenLifecycle.Postgres;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Chaos;

/// <summary>Hands expired connections to workers, kills the workers, lets another one take over what they left, and writes down what happened.</summary>
/// <remarks>
/// A connection whose holder was killed is finished by a worker that is not killed. A refresh token may be presented twice and no more (RF-8), so a second crash within
/// the same rotation has no recovery that any client could promise (docs/adr/0004).
/// </remarks>
internal sealed class ChaosRun : IAsyncDisposable
{
    private const int Connections = 240;
    private const int PerVictim = 4;
    private const int SpareVictims = 3;
    private static readonly TimeSpan _lifetime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _settling = TimeSpan.FromSeconds(120);

    private readonly ChaosOptions _options;
    private readonly SimulatedAuthorizationServer _server;
    private readonly PostgresCluster? _cluster;
    private readonly RedisServer? _redis;
    private readonly MariaDbServer? _mariaDb;
    private readonly string _folder;
    private readonly WorkerSettings _settings;
    private readonly ServiceProvider _app;
    private readonly List<Connection> _connections = [];
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly ConcurrentDictionary<string, int> _killsByKind = new(StringComparer.Ordinal);
    private readonly Evidence _evidence;
    private WorkerProcess _rescuer = null!;

    private ChaosRun(ChaosOptions options, SimulatedAuthorizationServer server, PostgresCluster? cluster, RedisServer? redis, MariaDbServer? mariaDb, string folder, WorkerSettings settings)
    {
        (_options, _server, _cluster, _redis, _mariaDb, _folder, _settings) = (options, server, cluster, redis, mariaDb, folder, settings);
        _random = new Random(options.Seed);
        _app = WorkerHost.Build(settings);
        _evidence = new Evidence(server, _app);
        _server.TokenEndpoint.FailAlways(Fault.DropBeforeProcessing(), when: request =>
        {
            _evidence.Overhear(request);
            return false;
        });
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static async Task<ChaosRun> StartAsync(ChaosOptions options)
    {
        SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.Rotation = Rotation.EveryUse;
            o.ReuseGrace = options.Grace;
            o.AccessTokenLifetime = _lifetime;
            o.RecordRequests = false;
        });
        string folder = Directory.CreateTempSubdirectory("tokenlifecycle-chaos-").FullName;
        PostgresCluster? cluster = options.Store == "postgres" ? await PostgresCluster.StartAsync(isDurable: true) : null;
        RedisServer? redis = options.Store == "redis" ? await RedisServer.StartAsync() : null;
        MariaDbServer? mariaDb = options.Store == "mariadb" ? await MariaDbServer.StartAsync(isDurable: true) : null;
        string place = options.Store switch
        {
            "postgres" => await cluster!.CreateDatabaseAsync(),
            "redis" => redis!.Configuration,
            "mariadb" => await mariaDb!.CreateDatabaseAsync(),
            "sqlite" => $"Data Source={Path.Combine(folder, "tokens.db")}", // Several processes and kill -9 on one file (SQ-1).
            _ => Path.Combine(folder, "tokens"),
        };
        var settings = WorkerSettings.Of(options, place, Path.Combine(folder, "keys.json"), server);
        var run = new ChaosRun(options, server, cluster, redis, mariaDb, folder, settings);
        await run.ConnectAllAsync();
        return run;
    }

    public async Task ExecuteAsync()
    {
        _rescuer = Spawn();
        await _rescuer.Ready;
        var spares = new Queue<WorkerProcess>(Enumerable.Range(0, SpareVictims).Select(_ => Spawn()));
        for (int kill = 1; kill <= _options.Kills; kill++)
        {
            WorkerProcess victim = spares.Dequeue();
            await victim.Ready;
            await KillAsync(victim, KindOf(kill));
            spares.Enqueue(Spawn());
            KeepRescuerBusy();
            if (kill % 10 == 0 || kill == _options.Kills)
                Console.Error.WriteLine($"{kill}/{_options.Kills} killed, {Count(connection => connection.Holder is not null)} being recovered, {_evidence}");
        }

        foreach (WorkerProcess spare in spares)
        {
            spare.Kill();
            await spare.Ended;
            spare.Dispose();
        }

        await SettleAsync();
        await AskOnceMoreAsync();
        await _rescuer.FinishAsync();
    }

    public async Task<Verdict> JudgeAsync()
    {
        int broken = 0;
        foreach (Connection connection in _connections)
            broken += await _evidence.IsIntactAsync(connection) ? 0 : 1;
        return new Verdict(_options, _evidence, _server.Log, broken, _killsByKind);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _server.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        if (_mariaDb is not null)
            await _mariaDb.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ConnectAllAsync()
    {
        if (_options.Store is "postgres" or "sqlite" or "mariadb")
        {
            await using AsyncServiceScope scope = _app.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<ChaosContext>().Database.EnsureCreatedAsync();
        }

        await Worker.WarmUpAsync(_app.GetRequiredService<ITokenManager>());
        for (int i = 0; i < Connections; i++)
        {
            var connection = new Connection(i, _server.AddUser($"user-{i}"));
            await ConnectAsync(connection);
            _connections.Add(connection);
        }
    }

    private async Task ConnectAsync(Connection connection)
    {
        await _app.GetRequiredService<ITokenManager>().SaveAsync(connection.Key, _server.IssueTokens(connection.User, "read"));
        connection.ExpiredFrom = Now + _lifetime;
    }

    private static Task PauseAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System);

    private WorkerProcess Spawn() => WorkerProcess.Start(_settings, Heard);

    /// <summary>Random instants for two kills of three; the named places take turns in the third.</summary>
    private static string KindOf(int kill) => kill % 3 != 0 ? "random" : _places[kill / 3 % _places.Length];

    private static readonly string[] _places = [.. Failpoint.InWorker, .. Failpoint.AtServer];

    private async Task KillAsync(WorkerProcess victim, string kind)
    {
        Connection[] taken = await TakeAsync(victim);
        FaultHold? hold = kind switch
        {
            Failpoint.RequestSent => Fault.Hold(),
            Failpoint.Rotated => Fault.HoldReply(),
            _ => null,
        };
        if (hold is not null)
            _server.TokenEndpoint.FailNext(hold, when: request => request.Header(WorkerSettings.WorkerHeader) == victim.Id);
        else if (kind != "random")
            victim.Arm(kind);

        Task answered = victim.GetAllAsync(taken);
        if (kind == "random")
            await PauseAsync(TimeSpan.FromMilliseconds(_random.NextDouble() * 60));
        else
            await Task.WhenAny(hold?.Reached ?? victim.Ended, answered); // It may fail before it comes to the place where it was to die, when the machine is slow.
        bool isWhereItWasTo = kind == "random" || (hold?.Reached ?? victim.Ended).IsCompleted;
        _killsByKind.AddOrUpdate(isWhereItWasTo ? kind : "too late", 1, static (_, count) => count + 1);
        if (!victim.Ended.IsCompleted)
            victim.Kill();

        await victim.Ended;
        _evidence.Killed(victim);
        // Half of the requests that had arrived are carried out nevertheless, as a server does that does not notice.
        hold?.Release(kind == Failpoint.RequestSent && _random.Next(2) == 0 ? Fault.DropBeforeProcessing() : null);
        victim.Dispose();
        lock (_gate)
        {
            foreach (Connection left in taken.Where(connection => connection.Holder == victim))
                HandToRescuer(left);
        }
    }

    private async Task<Connection[]> TakeAsync(WorkerProcess victim)
    {
        while (true)
        {
            lock (_gate)
            {
                Connection[] free = [.. _connections.Where(connection => connection.Holder is null && connection.ExpiredFrom < Now).Take(PerVictim)];
                if (free.Length == PerVictim)
                {
                    foreach (Connection connection in free)
                        connection.Holder = victim;
                    return free;
                }
            }

            await PauseAsync(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>It has healthy connections too, as a process of a fleet has: one that only ever meets rejected grants rightly suspects the provider (C10).</summary>
    private void KeepRescuerBusy()
    {
        lock (_gate)
        {
            foreach (Connection connection in _connections.Where(connection => connection.Holder is null && connection.ExpiredFrom < Now).Reverse().Take(2 * PerVictim))
                HandToRescuer(connection);
        }
    }

    private void HandToRescuer(Connection connection)
    {
        connection.Holder = _rescuer;
        _rescuer.Get(connection.Index);
    }

    private void Heard(WorkerProcess worker, string[] words)
    {
        if (words[0] == "saved")
        {
            _evidence.Saved(words[1], new DateTimeOffset(long.Parse(words[2], System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero));
            return;
        }

        Connection connection = _connections[int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture)];
        if (words[0] == "ok")
        {
            if (!_evidence.UsedBy(connection, words[2]))
            {
                _ = AgainAsync(worker, connection); // Rejected by the API: the token ended on its way, or the family was revoked.
                return;
            }

            lock (_gate)
            {
                if (connection.Holder == worker)
                    (connection.Holder, connection.ExpiredFrom) = (null, Now + _lifetime);
            }
        }
        else if (words[0] == "reauth")
        {
            _ = ReconnectAsync(worker, connection, words[2]);
        }
        else
        {
            _evidence.Errors.AddOrUpdate(words[2], 1, static (_, count) => count + 1);
            _ = AgainAsync(worker, connection);
        }
    }

    private async Task AgainAsync(WorkerProcess worker, Connection connection)
    {
        if (worker != _rescuer)
            return; // Its killer hands it on.
        await PauseAsync(TimeSpan.FromMilliseconds(500));
        worker.Get(connection.Index);
    }

    /// <summary>As its user would: only after the verdict was looked into.</summary>
    private async Task ReconnectAsync(WorkerProcess worker, Connection connection, string reason)
    {
        await _evidence.LookIntoAsync(connection, reason);
        await ConnectAsync(connection);
        connection.Losses++;
        lock (_gate)
        {
            if (connection.Holder == worker)
                connection.Holder = null;
        }
    }

    private int Count(Func<Connection, bool> which)
    {
        lock (_gate)
            return _connections.Count(which);
    }

    private async Task SettleAsync()
    {
        DateTimeOffset until = Now + _settling;
        while (Count(static connection => connection.Holder is not null) > 0)
        {
            if (Now > until)
                throw new TimeoutException($"{Count(static connection => connection.Holder is not null)} connections are not recovered after {_settling}. {_evidence}");
            await PauseAsync(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>O6: after the faults every connection is fresh again.</summary>
    private async Task AskOnceMoreAsync()
    {
        await PauseAsync(_lifetime);
        lock (_gate)
        {
            foreach (Connection connection in _connections)
                HandToRescuer(connection);
        }

        await SettleAsync();
    }
}
