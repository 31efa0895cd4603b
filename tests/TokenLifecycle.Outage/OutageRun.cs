using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Outage;

/// <summary>Steady, down, flapping, back: an app with the background refresh in its host, in simulated time against a server on a real socket.</summary>
internal sealed class OutageRun
{
    private const string Provider = "provider";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Flap = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Settled = Lifetime;
    private static readonly TimeSpan Measured = 2 * Lifetime;
    private static readonly TimeSpan Flapping = Lifetime;
    private static readonly TimeSpan Recovery = 3 * Lifetime;

    private readonly OutageOptions _options;
    private readonly ManualTimeProvider _clock;
    private readonly SimulatedAuthorizationServer _server;
    private readonly Door _door;
    private readonly Quiet _quiet;
    private readonly ITokenManager _tokens;
    private readonly ITokenStore _store;
    private readonly Callers _callers;
    private readonly OutageFigures _figures;
    private readonly long _started = TimeProvider.System.GetTimestamp();

    private OutageRun(OutageOptions options, ManualTimeProvider clock, SimulatedAuthorizationServer server, Door door, Quiet quiet, IServiceProvider app)
    {
        (_options, _clock, _server, _door, _quiet) = (options, clock, server, door, quiet);
        _tokens = app.GetRequiredService<ITokenManager>();
        _store = app.GetRequiredService<ITokenStore>();
        _callers = new Callers(_tokens, _store, server, clock, new Random(1));
        _figures = new OutageFigures(options);
    }

    public static TokenKey KeyOf(int connection) => new(Provider, string.Create(CultureInfo.InvariantCulture, $"user-{connection}"));

    public static async Task<OutageFigures> ExecuteAsync(OutageOptions options)
    {
        var clock = new ManualTimeProvider();
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = Lifetime;
            o.RecordRequests = false;
        });
        await using var door = new Door(server.Address);
        using var quiet = new Quiet();
        HostApplicationBuilder app = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        app.Logging.SetMinimumLevel(LogLevel.None);
        app.Services.AddSingleton<TimeProvider>(clock);
        app.Services.AddTokenLifecycle().AddProvider(Provider, o => Configure(o, server, door)).AddBackgroundRefresh();
        using IHost host = app.Build();
        await host.StartAsync();
        OutageFigures figures = await new OutageRun(options, clock, server, door, quiet, host.Services).ExecuteAsync();
        await host.StopAsync();
        return figures;
    }

    private static void Configure(OAuthProviderOptions options, SimulatedAuthorizationServer server, Door door)
    {
        server.Configure(options);
        options.TokenEndpoint = new UriBuilder(server.TokenEndpoint.Address) { Port = door.Port }.Uri.AbsoluteUri;
        options.PreviousTokenEndpointOrigins = [server.Address.GetLeftPart(UriPartial.Authority)];
        options.Rotation = RefreshTokenRotation.EveryUse;
    }

    private async Task<OutageFigures> ExecuteAsync()
    {
        await ConnectAsync();
        await PassAsync(Settled);
        _figures.SteadyPerMinute = await SteadyAsync();

        IReadOnlyList<string> before = await FingerprintsAsync();
        (double heap, int threads) = (Heap(), Threads());
        long requests = _quiet.Requests;
        await OutageAsync();
        _figures.RequestsDuringOutage = _quiet.Requests - requests;
        _figures.HeapMegabytes = (heap, Heap());
        _figures.Threads = (threads, Threads());
        _figures.ChangedDuringOutage = before.Zip(await FingerprintsAsync()).Count(static pair => pair.First != pair.Second);

        await RecoverAsync();
        _figures.Reused = _server.Log.ReusedRefreshTokens;
        _figures.Callers = (_callers.Served, _callers.Late, _callers.Denied, _callers.Wrong, _callers.Reauthorizations);
        _figures.RealSeconds = Math.Round(TimeProvider.System.GetElapsedTime(_started).TotalSeconds);
        return _figures;
    }

    /// <summary>Users connect as they come, over the lifetime of a token, so that refreshes are spread as in an app that has run for long.</summary>
    private async Task ConnectAsync()
    {
        for (int i = 0; i < _options.Connections; i++)
        {
            await _tokens.SaveAsync(KeyOf(i), _server.IssueTokens(_server.AddUser(KeyOf(i).UserId), "read"));
            if (i % 10 == 9)
                await PassAsync(Lifetime / _options.Connections * 10, calls: 0);
        }

        Say($"{_options.Connections} connections");
    }

    private async Task<double> SteadyAsync()
    {
        int before = _server.Log.TokenRequests.Count;
        await PassAsync(Measured);
        double perMinute = Math.Round((_server.Log.TokenRequests.Count - before) / Measured.TotalMinutes, 1);
        Say($"steady: {perMinute} token requests a minute");
        return perMinute;
    }

    /// <summary>Down in every way that a server can be.</summary>
    private async Task OutageAsync()
    {
        (string Name, Action Begin)[] ways =
        [
            ("nobody listens", _door.Close),
            ("connections are reset", () => Fail(Fault.DropBeforeProcessing())),
            ("503", () => Fail(Fault.Status(503))),
            ("nobody answers", _door.OpenSilently),
            ("a page that says 502", () => Fail(Fault.Body(502, "<html>Bad Gateway</html>", "text/html"))),
            ("nobody listens again", _door.Close),
        ];
        foreach ((string name, Action begin) in ways)
        {
            begin();
            await PassAsync(TimeSpan.FromHours(_options.Hours) / ways.Length);
            Say($"down ({name}): {_callers.Served} callers served, {_callers.Late} too late, {_callers.Denied} denied");
        }

        void Fail(Fault fault)
        {
            _server.TokenEndpoint.Recover();
            _server.TokenEndpoint.FailAlways(fault);
            _door.Open();
        }
    }

    private async Task RecoverAsync()
    {
        _server.TokenEndpoint.Recover();
        DateTimeOffset firstSign = _clock.GetUtcNow();
        int before = _server.Log.TokenRequests.Count;
        for (TimeSpan passed = TimeSpan.Zero; passed < Flapping; passed += 2 * Flap)
        {
            _door.Open();
            await PassAsync(Flap, calls: _options.CallsPerMinute / 2);
            _door.Close();
            await PassAsync(Flap, calls: _options.CallsPerMinute / 2);
        }

        Say($"flapped for {Flapping.TotalMinutes} minutes: {_server.Log.TokenRequests.Count - before} token requests came through");
        DateTimeOffset back = _clock.GetUtcNow();
        _door.Open();
        await PassAsync(Minute);
        int late = _callers.Late;
        await PassAsync(Recovery);
        await _callers.WhenAnsweredAsync();
        _figures.LateAfterRecovery = _callers.Late - late;

        TokenRequestEntry[] requests = [.. _server.Log.TokenRequests.Skip(before)];
        ILookup<int, TokenRequestEntry> minutes = requests.ToLookup(request => (int)((request.Time - firstSign) / Minute));
        int[] perMinute = [.. Enumerable.Range(0, (int)((Flapping + Recovery) / Minute)).Select(minute => minutes[minute].Count())];
        _figures.PeakPerMinute = perMinute.Max();
        ILookup<string?, TokenRequestEntry> answers = requests.Where(static request => request.Outcome == TokenRequestOutcome.Issued).ToLookup(static request => request.User, StringComparer.Ordinal);
        for (int i = 0; i < _options.Connections; i++)
        {
            StoredToken row = (await _store.FindAsync(KeyOf(i), CancellationToken.None))!;
            _figures.NeedReconnect += row.Reauthorization is null ? 0 : 1;
            if (answers[KeyOf(i).UserId].FirstOrDefault() is not { } first || row.Tokens.ExpiresAt <= _clock.GetUtcNow() || !_server.IsLive(row.Tokens.RefreshToken!))
                _figures.NotRecovered++;
            else if (first.Time - back > _figures.RecoveredAfter)
                _figures.RecoveredAfter = first.Time - back;
        }

        Say($"back: requests in each minute {string.Join(' ', perMinute)}");
    }

    /// <summary>Lets simulated time pass, from one thing that happens to the next, with callers every minute.</summary>
    private async Task PassAsync(TimeSpan time, int? calls = null)
    {
        DateTimeOffset end = _clock.GetUtcNow() + time;
        DateTimeOffset nextCalls = _clock.GetUtcNow();
        while (true)
        {
            DateTimeOffset now = _clock.GetUtcNow();
            if (now >= nextCalls && calls != 0)
            {
                _callers.Ask(_options.Connections, calls ?? _options.CallsPerMinute);
                nextCalls = now + Minute;
            }

            await _quiet.WaitAsync(_door.IsOpen);
            if (now >= end)
                return;

            TimeSpan step = new[] { end - now, calls == 0 ? Minute : nextCalls - now, _clock.NextTimerIn ?? Minute }.Min();
            _clock.Advance(step > TimeSpan.Zero ? step : TimeSpan.FromMilliseconds(1));
        }
    }

    private async Task<IReadOnlyList<string>> FingerprintsAsync()
    {
        var fingerprints = new List<string>();
        for (int i = 0; i < _options.Connections; i++)
        {
            StoredToken row = (await _store.FindAsync(KeyOf(i), CancellationToken.None))!;
            fingerprints.Add($"{row.Version} {TokenFingerprint.Of(row.Tokens.AccessToken)} {TokenFingerprint.Of(row.Tokens.RefreshToken!)} {row.Tokens.ExpiresAt:O} {row.Reauthorization}");
        }

        return fingerprints;
    }

    private static double Heap()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Math.Round(GC.GetTotalMemory(forceFullCollection: true) / 1048576.0, 1);
    }

    private static int Threads()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }

    private void Say(FormattableString what) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{TimeProvider.System.GetElapsedTime(_started).TotalSeconds,4:0}s, {_clock.GetUtcNow():MM-dd HH:mm}] {what.ToString(CultureInfo.InvariantCulture)}"));
}
