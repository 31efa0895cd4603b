using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>A fleet under load, to which faults happen one after another; then the judgement. What each fault does stands in the readme.</summary>
internal sealed class FaultRun : IAsyncDisposable
{
    private const int Users = 48;
    private const int Workers = 4;
    private static readonly TimeSpan _lifetime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _watch = TimeSpan.FromSeconds(5); // TokenLifecycleOptions.TakeoverWatch
    private static readonly TimeSpan _saveMargin = TimeSpan.FromSeconds(1); // The watch is never shorter than a save and this.
    private static readonly TimeSpan _stall = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _settling = TimeSpan.FromSeconds(180);

    private readonly ChaosOptions _options;
    private readonly SimulatedAuthorizationServer _server;
    private readonly Databases _databases;
    private readonly string _folder;
    private readonly ServiceProvider _app;
    private readonly History _history = new();
    private readonly Traffic _traffic;
    private readonly Fleet _fleet;
    private readonly Injector _injector;
    private readonly FaultTimes _times;

    private FaultRun(ChaosOptions options, SimulatedAuthorizationServer server, Databases databases, string folder, WorkerSettings settings)
    {
        (_options, _server, _databases, _folder) = (options, server, databases, folder);
        TimeProvider time = TimeProvider.System;
        _app = WorkerHost.Build(settings);
        _times = new FaultTimes(settings.Lease, settings.Deadline + _saveMargin > _watch ? settings.Deadline + _saveMargin : _watch, options.ShutdownTime);
        _traffic = new Traffic(server, _app, _history, Workers, options.Seed, time);
        _fleet = new Fleet((name, slot) => SettingsOf(settings, name, slot), Workers, time, _traffic.Heard);
        _traffic.Fleet = _fleet;
        _injector = new Injector(_fleet, databases, _app.GetRequiredService<ITokenProtector>(), server, _history, _times, new Random(options.Seed), Say, time);
        server.TokenEndpoint.FailAlways(Fault.DropBeforeProcessing(), when: request =>
        {
            Overhear(request);
            return false;
        });
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static async Task<int> RunAsync(ChaosOptions options)
    {
        SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.Rotation = Rotation.EveryUse;
            o.ReuseGrace = options.Grace;
            o.AccessTokenLifetime = _lifetime;
            o.RecordRequests = false;
        });
        string folder = Directory.CreateTempSubdirectory("tokenlifecycle-chaos-").FullName;
        WorkerSettings settings = WorkerSettings.Of(options, place: "", Path.Combine(folder, "keys.json"), server) with { ShutdownTime = options.ShutdownTime, Deadline = options.Deadline };
        Databases databases = await Databases.StartAsync(options.Faults.Contains(Injector.Bouncer));
        await using var run = new FaultRun(options, server, databases, folder, settings with { Place = databases.Place });
        return await run.RunAsync() ? 0 : 1;
    }

    public async ValueTask DisposeAsync()
    {
        _fleet.KillAll();
        await Task.WhenAll(_fleet.All.Select(static life => life.Process.Ended));
        await _app.DisposeAsync();
        await _server.DisposeAsync();
        await _databases.DisposeAsync();
        if (Environment.GetEnvironmentVariable("TOKENLIFECYCLE_CHAOS_KEEP") is null)
            Directory.Delete(_folder, recursive: true);
        else
            Say($"kept: {_folder}");
    }

    private static void Say(string line) => Console.Error.WriteLine(line);

    private WorkerSettings SettingsOf(WorkerSettings settings, string name, int slot) => settings with
    {
        Name = name,
        Diary = Path.Combine(_folder, $"{name}.diary"),
        Place = _databases.PlaceOf(slot),
        WarmUp = Traffic.WarmUpOf(slot),
        Spill = slot % 2 == 0 ? Path.Combine(_folder, $"spill-{slot}") : "",
    };

    private async Task<bool> RunAsync()
    {
        await using (AsyncServiceScope scope = _app.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<ChaosContext>().Database.EnsureCreatedAsync();
        await _traffic.ConnectAllAsync(Users);
        await _fleet.StartAsync();
        using var stop = new CancellationTokenSource();
        Task traffic = Task.WhenAll(_traffic.RunAsync(stop.Token), NoticeStallsAsync(stop.Token));
        await ServedSinceAsync(Now);

        DateTimeOffset begun = Now;
        for (int number = 1; number <= _options.Kills; number++)
        {
            var fault = new Injected(number, _options.Faults[(number - 1) % _options.Faults.Count], Now);
            await _injector.InjectAsync(fault);
            Say(string.Create(
                CultureInfo.InvariantCulture,
                $"[{(Now - begun).TotalSeconds,5:0} s] {number}/{_options.Kills} {fault.Kind}: served {_history.Served}, grants revoked {_server.Log.FamiliesRevoked}, asked to connect {_history.Reconnects.Count}, errors [{Errors()}]"));
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }

        await _injector.EndAsync();
        Say("all injected; every connection is used once more");
        int left = await ServedSinceAsync(Now);
        await stop.CancelAsync();
        await traffic;
        await _fleet.StopAsync();
        return await JudgeAsync(left);
    }

    /// <summary>A machine that sleeps, or somebody who stops this run, stops the workers as well.</summary>
    private async Task NoticeStallsAsync(CancellationToken stop)
    {
        for (DateTimeOffset before = Now; !stop.IsCancellationRequested;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
            DateTimeOffset now = Now;
            if (now - before > _stall)
            {
                var stall = new Injected(0, "stall of the run", before) { Detail = string.Create(CultureInfo.InvariantCulture, $"{(now - before).TotalSeconds:0.0} s") };
                Say($"  {stall}");
                foreach (Life life in _fleet.All.Where(static life => life.DiedAt is null))
                    life.Frozen(stall, before).To = now;
            }

            before = now;
        }
    }

    private string Errors() => string.Join(", ", _history.Errors.OrderBy(static error => error.Key, StringComparer.Ordinal).Select(static error => $"{error.Key} {error.Value}"));

    /// <summary>Waits until each user was served by a call that was made after a time, at the most for the time that a refusal takes to be believed.</summary>
    /// <returns>How many were not.</returns>
    private async Task<int> ServedSinceAsync(DateTimeOffset since)
    {
        DateTimeOffset next = Now;
        while (true)
        {
            int left = _traffic.Users.Count(user => user.ServedAt < since);
            if (left == 0 || Now - since > _settling)
                return left;
            if (Now >= next)
            {
                Say($"{left} of {Users} connections still to be used");
                next = Now + TimeSpan.FromSeconds(10);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>Writes down which worker sends which refresh token.</summary>
    private void Overhear(RecordedRequest request)
    {
        if (QueryHelpers.ParseQuery(request.Body).TryGetValue("refresh_token", out StringValues token))
            _history.Senders.GetOrAdd(TokenFingerprint.Of(token.ToString()), static _ => new()).Enqueue(request.Header(WorkerSettings.WorkerHeader) ?? "nobody");
    }

    private async Task<bool> JudgeAsync(int notServed)
    {
        var judge = new Judge(_fleet.All, _history, _server.Log, _times);
        judge.Run();
        judge.Violations.AddRange(_fleet.Crashes);
        int broken = 0;
        foreach (User user in _traffic.Users)
            broken += await IsIntactAsync(user) ? 0 : 1;
        if (notServed > 0)
            judge.Violations.Add($"{notServed} connections were not served within {_settling} after the last fault");
        if (broken > 0)
            judge.Violations.Add($"{broken} rows hold a refresh token that is not the server's live one");
        if (_history.Foreign > 0)
            judge.Violations.Add($"{_history.Foreign} tokens were of another account");

        foreach (string line in judge.Losses)
            Say("lost " + line);
        foreach (string line in judge.Violations)
            Say("VIOLATION " + line);
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"server: {_server.Log.RefreshRequests.Count} refreshes, {_server.Log.FamiliesRevoked} families revoked; served {_history.Served}, rejected by the API {_history.RejectedByApi}; errors [{Errors()}]"));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            faults = _options.Kills,
            seed = _options.Seed,
            by_fault = _options.Faults.Distinct().ToDictionary(static kind => kind, FiguresOf),
            lost = judge.Lost,
            lost_beside_memory = judge.LostBesideMemory,
            failed_starts = _fleet.FailedStarts,
            saved_later = judge.SavedLater,
            saved_by_successor = judge.SavedBySuccessor,
            restored = judge.Restored,
            reconnected_unasked = _history.Reconnects.Count(static reconnect => reconnect.Reason == Reconnect.ByUser),
            violations = judge.Violations.Count,
            false_reauthorizations = judge.False,
            sent_more_than_allowed = judge.SentMoreThanAllowed,
            mislabelled = judge.Mislabelled,
            foreign_tokens = _history.Foreign,
        }));
        return judge.Violations.Count == 0;
    }

    private object FiguresOf(string kind)
    {
        Injected[] faults = [.. _history.Faults.Where(fault => fault.Kind == kind)];
        return new
        {
            injected = faults.Length,
            recovered = faults.Count(static fault => fault.Lost.Count == 0),
            lost = new SortedDictionary<char, int>("abcd".ToDictionary(static cause => cause, cause => faults.Sum(fault => fault.Lost.GetValueOrDefault(cause)))),
        };
    }

    private async Task<bool> IsIntactAsync(User user)
    {
        StoredToken row = await _app.GetRequiredService<ITokenStore>().FindAsync(user.Key, CancellationToken.None)
            ?? throw new InvalidOperationException($"The row of {user.Key} is gone: nothing here deletes.");
        return _server.IsLive(_app.GetRequiredService<ITokenProtector>().Unprotect(user.Key, "refresh_token", row.Tokens.RefreshToken!));
    }
}
