using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TokenLifecycle.Chaos;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.Options;
using TokenLifecycle.Postgres;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Fleet;

/// <summary>The phases of a run, one after the other: load, drain what is all due at once, follow what is spread, claim among many rows, and the database by itself.</summary>
internal sealed class FleetRun
{
    private const int ClaimSize = 100;
    private const int WarmUpClaims = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly FleetOptions _options;
    private readonly SimulatedAuthorizationServer _server;
    private readonly PostgresCluster _cluster;
    private readonly WorkerSettings _settings;
    private readonly IServiceProvider _app;
    private readonly TokenTable _table;
    private readonly FleetDatabase _database;
    private readonly FleetFigures _figures;
    private readonly List<NodeProcess> _nodes = [];
    private readonly long _started = TimeProvider.System.GetTimestamp();

    private FleetRun(FleetOptions options, SimulatedAuthorizationServer server, PostgresCluster cluster, WorkerSettings settings, IServiceProvider app, TokenTable table, NpgsqlDataSource source)
    {
        (_options, _server, _cluster, _settings, _app, _table) = (options, server, cluster, settings, app, table);
        _database = new FleetDatabase(source, table, app);
        _figures = new FleetFigures(options);
    }

    private int Requests => _server.Log.TokenRequests.Count;

    public static async Task<FleetFigures> ExecuteAsync(FleetOptions options)
    {
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = Lifetime;
            o.RecordRequests = false;
        });
        server.TokenEndpoint.FailAlways(Fault.Delay(TimeSpan.FromMilliseconds(options.LatencyMilliseconds)));
        await using PostgresCluster cluster = await FleetDatabase.StartAsync();
        string place = await cluster.CreateDatabaseAsync(FleetDatabase.ConnectionSettings);
        string folder = Directory.CreateTempSubdirectory("tokenlifecycle-fleet-").FullName;
        try
        {
            WorkerSettings settings = WorkerSettings.Of(new ChaosOptions(Kills: 0, Grace: TimeSpan.Zero, "postgres", Seed: 0), place, Path.Combine(folder, "keys.json"), server)
                with { Deadline = TimeSpan.FromSeconds(10) };
            await using ServiceProvider app = WorkerHost.Build(settings);
            await using AsyncServiceScope scope = app.CreateAsyncScope();
            ChaosContext context = scope.ServiceProvider.GetRequiredService<ChaosContext>();
            await context.Database.EnsureCreatedAsync();
            await using NpgsqlDataSource source = NpgsqlDataSource.Create(place);
            return await new FleetRun(options, server, cluster, settings, app, TokenTable.Of(context), source).ExecuteAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<FleetFigures> ExecuteAsync()
    {
        await LoadAsync();
        try
        {
            for (int node = 0; node < _options.Nodes; node++)
                _nodes.Add(new NodeProcess(_settings));
            await Task.WhenAll(_nodes.Select(static node => node.Ready));
            await DrainAsync();
            await SpreadAsync();
        }
        finally
        {
            foreach (NodeProcess node in _nodes)
                await node.DisposeAsync();
        }

        _figures.TokenRequests = Requests;
        _figures.Reused = _server.Log.ReusedRefreshTokens;
        _figures.FamiliesRevoked = _server.Log.FamiliesRevoked;
        _figures.BrokenConnections = await _database.CountBrokenAsync(_server, _options.Connections);
        await ClaimAsync();
        await LimitAsync();
        return _figures;
    }

    private async Task LoadAsync()
    {
        await _database.LoadAsync(_server, _options.Connections);
        Say($"{_options.Connections} connections are stored, each with tokens that the server knows");
        if (_options.Rows > _options.Connections)
            await _database.FillAsync(_options.Connections, _options.Rows - _options.Connections);
        await _database.TidyAsync();
        Say($"{_options.Rows} rows are in the table");
    }

    /// <summary>Everything is due: how much can they do?</summary>
    private async Task DrainAsync()
    {
        int before = Requests;
        var meter = new UsageMeter(_nodes.Select(static node => node.Id), _cluster.ServerProcessId);
        await BeginAsync();
        await FollowAsync("drain", before, until: null);
        _figures.DrainUsage = meter.Read();
        _figures.Drain = await EndAsync();

        // From the first request to the last: neither the nodes' start nor the wait for their end is a refresh.
        TokenRequestEntry[] requests = [.. _server.Log.TokenRequests.Skip(before)];
        double seconds = (requests[^1].Time - requests[0].Time).TotalSeconds;
        _figures.RefreshesPerSecond = Math.Round(requests.Length / Math.Max(seconds, 0.001));
        Say($"drained at {_figures.RefreshesPerSecond} refreshes a second; {_figures.DrainUsage}");
    }

    /// <summary>All were issued within one second: how evenly are they refreshed?</summary>
    private async Task SpreadAsync()
    {
        // The buffer is so wide that the jitter, half of it, covers the time of the phase. What the plan then draws is moved from an hour ahead to now.
        var clock = new ManualTimeProvider();
        var plan = new RefreshSchedule(clock, Random.Shared);
        RefreshTiming timing = RefreshTiming.For(new TokenLifecycleOptions { RefreshBefore = _options.Spread * 2 }, new OAuthProviderOptions(), Lifetime);
        DateTimeOffset first = clock.GetUtcNow() + Lifetime - timing.RefreshBefore;
        TimeSpan[] offsets =
        [
            .. Enumerable.Range(0, _options.Connections).Select(_ =>
            {
                clock.Advance(TimeSpan.FromSeconds(1) / _options.Connections);
                return plan.AfterSuccess(new TokenSet { AccessToken = "planned", IssuedAt = clock.GetUtcNow(), ExpiresAt = clock.GetUtcNow() + Lifetime }, timing)!.Value - first;
            }),
        ];
        int before = Requests;
        DateTimeOffset start = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(3 + (_options.Connections / 5000));
        await _database.MakeDueAsync(offsets, start);
        TimeSpan early = start - TimeProvider.System.GetUtcNow();
        if (early < TimeSpan.Zero)
            throw new InvalidOperationException($"Moving the due times took {-early} longer than was allowed for: the machine is too busy to measure anything.");
        await BeginAsync();
        await Task.Delay(start - TimeProvider.System.GetUtcNow() is { } wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero, TimeProvider.System);
        var meter = new UsageMeter(_nodes.Select(static node => node.Id), _cluster.ServerProcessId);
        await FollowAsync("spread", before, until: start + _options.Spread);
        _figures.SpreadUsage = meter.Read();
        _figures.Spread = await EndAsync();
        _figures.PerSecond =
        [
            .. _server.Log.TokenRequests.Skip(before).GroupBy(request => (int)Math.Floor((request.Time - start).TotalSeconds)).OrderBy(static second => second.Key).Select(static second => second.Count()),
        ];
        Say($"followed the spread with a peak of {_figures.PeakOverMean} times the mean");
    }

    private async Task ClaimAsync()
    {
        var store = (ISearchableTokenStore)_app.GetRequiredService<ITokenStore>();
        int claims = Math.Min(500, _options.Connections / ClaimSize);
        await _database.MakeDueAsync(claims * ClaimSize);
        var milliseconds = new List<double>();
        var underWay = new Queue<IReadOnlyList<StoredToken>>();
        for (int claim = 0; claim < claims; claim++)
        {
            long started = TimeProvider.System.GetTimestamp();
            IReadOnlyList<StoredToken> rows = await store.ClaimDueAsync(WorkerHost.Provider, Guid.NewGuid().ToString("n"), ClaimSize, TimeSpan.FromMinutes(1), CancellationToken.None);
            if (rows.Count != ClaimSize)
                throw new InvalidOperationException($"Claim {claim} got {rows.Count} rows.");
            if (claim >= Math.Min(WarmUpClaims, claims / 4))
                milliseconds.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);

            // As in life some of what is due is under way, and has to be stepped over.
            underWay.Enqueue(rows);
            if (underWay.Count > 2)
                await _database.SettleAsync(underWay.Dequeue());
        }

        while (underWay.TryDequeue(out IReadOnlyList<StoredToken>? rows))
            await _database.SettleAsync(rows);
        _figures.StoreClaims = new Distribution(milliseconds);
        _figures.Size = await _database.SizeAsync();
        Say($"claims of {ClaimSize}: {_figures.StoreClaims}");
    }

    private async Task LimitAsync()
    {
        StoredToken model = (await _app.GetRequiredService<ITokenStore>().FindAsync(WorkerHost.KeyOf(0), CancellationToken.None))!;
        string script = PlainSql.ScriptOf(_table, model, _options.Rows);
        int seconds = _options.IsFullSize ? 20 : 3;
        _figures.PlainSql1 = await PlainSql.MeasureAsync(_cluster, _settings.Place, script, clients: 1, seconds);
        _figures.PlainSql16 = await PlainSql.MeasureAsync(_cluster, _settings.Place, script, clients: 16, seconds);
        Say($"plain SQL: {_figures.PlainSql1} a second on one connection, {_figures.PlainSql16} on sixteen");
    }

    private Task BeginAsync() => Task.WhenAll(_nodes.Select(node => node.BeginAsync(_options.IntervalMilliseconds, _options.InFlight)));

    private async Task<NodeTimes> EndAsync() => NodeTimes.Of(await Task.WhenAll(_nodes.Select(static node => node.EndAsync())));

    /// <summary>Until each connection has been refreshed, or nothing happens any more.</summary>
    private async Task FollowAsync(string phase, int before, DateTimeOffset? until)
    {
        (int last, DateTimeOffset at) = (before, until ?? TimeProvider.System.GetUtcNow());
        for (int second = 1; ; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            int now = Requests;
            if (second % 10 == 0)
                Say($"{phase}: {now - before} of {_options.Connections} refreshed");
            if (now - before >= _options.Connections)
                return;
            if (now != last)
                (last, at) = (now, TimeProvider.System.GetUtcNow());
            else if (TimeProvider.System.GetUtcNow() - at > Patience)
                throw new TimeoutException($"Nothing was refreshed for {Patience}: {now - before} of {_options.Connections} are.");
        }
    }

    private void Say(FormattableString what) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{TimeProvider.System.GetElapsedTime(_started).TotalSeconds,4:0}s] {what.ToString(CultureInfo.InvariantCulture)}"));
}
