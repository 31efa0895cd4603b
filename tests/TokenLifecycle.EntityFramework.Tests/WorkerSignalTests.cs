using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Chaos;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Real processes that are stopped, continued and told to end by the system's own signals.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class WorkerSignalTests(SharedPostgres postgres) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenlifecycle-workers-").FullName;
    private readonly ConcurrentDictionary<(WorkerProcess, string), TaskCompletionSource<string[]>> _lines = new();
    private readonly List<WorkerProcess> _workers = [];
    private PostgresDatabase _database = null!;
    private SimulatedAuthorizationServer _server = null!;
    private WorkerSettings _settings = null!;
    private StoreProcess _app = null!;

    public async Task InitializeAsync()
    {
        _server = await SimulatedAuthorizationServer.StartAsync(options =>
        {
            options.SecretMark = Canary.Mark;
            options.Rotation = Rotation.EveryUse;
            options.ReuseGrace = TimeSpan.FromHours(1);
        });
        _database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        _settings = WorkerSettings.Of(new ChaosOptions(0, TimeSpan.FromHours(1), "postgres", 0), _database.ConnectionString, Path.Combine(_folder, "keys.json"), _server) with { Deadline = TimeSpan.FromSeconds(15) };
        _app = _database.NewProcess(configure: builder => builder.AddProvider(WorkerHost.Provider, _settings.Configure).ProtectWithKeyFile(_settings.KeyFile, createIfMissing: true));
    }

    public async Task DisposeAsync()
    {
        foreach (WorkerProcess worker in _workers)
        {
            worker.Kill();
            await worker.Ended;
            worker.Dispose();
        }

        await _database.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task F9_RF_5_SIGTERM_during_a_refresh_lets_it_end_and_be_saved_and_no_other_begins()
    {
        await ConnectExpiredAsync(0);
        await ConnectExpiredAsync(1);
        WorkerProcess host = Start("host");
        await host.Ready;
        FaultHold hold = HoldReplyTo(host);
        host.Get(0);
        await hold.Reached;

        host.Signal("TERM");
        await SaidAsync(host, "stopping");
        host.Get(1);
        string[] refusal = await SaidAsync(host, "error 1");
        host.Ended.IsCompleted.Should().BeFalse("it waits for the answer");
        hold.Release();
        await host.Ended;

        refusal[2].Should().Be(nameof(TokenFailureKind.Stopping));
        host.ExitCode.Should().Be(0);
        _server.IsLive(await StoredRefreshTokenAsync(0)).Should().BeTrue();
        (await RowAsync(0)).Intent.Should().BeNull();
        (await RowAsync(1)).Intent.Should().BeNull("nothing was begun for it");
        _server.Log.RefreshRequests.Should().ContainSingle();
    }

    [Fact]
    public async Task F16_F54_a_holder_that_is_paused_within_its_lease_keeps_it_and_the_token_is_redeemed_once()
    {
        await ConnectExpiredAsync(0);
        (WorkerProcess one, WorkerProcess two) = (Start("worker"), Start("worker"));
        await Task.WhenAll(one.Ready, two.Ready);
        FaultHold hold = HoldReplyTo(one);
        one.Get(0);
        await hold.Reached;
        one.Signal("STOP");
        await one.StoppedAsync();
        hold.Release();

        two.Get(0);
        (await _app.Store.BeginRefreshAsync(WorkerHost.KeyOf(0), "probe", _settings.Lease, Rows.None)).Kind.Should().Be(RefreshClaimKind.Held);
        one.Signal("CONT");

        await SaidAsync(one, "ok 0");
        await SaidAsync(two, "ok 0");
        await HoldsTheLiveOneAsync();
        _server.Log.RefreshRequests.Count(request => request.Outcome == TokenRequestOutcome.Issued).Should().Be(1);
    }

    [Fact]
    public async Task F17_F54_a_holder_that_is_paused_past_its_lease_before_it_sends_sends_nothing_any_more()
    {
        // Its real lease has to run out here.
        _settings = _settings with { Deadline = TimeSpan.FromSeconds(2) };
        await ConnectExpiredAsync(0);
        (WorkerProcess one, WorkerProcess two) = (Start("worker"), Start("worker"));
        await Task.WhenAll(one.Ready, two.Ready);
        one.Stop(Failpoint.AfterLease);
        one.Get(0);
        await one.StoppedAsync();
        await _database.ExecuteAsync("SELECT pg_sleep(extract(epoch FROM lease_until - clock_timestamp())) FROM oauth_connections"); // Both clocks must have moved, the database's and its own.

        two.Get(0);
        await SaidAsync(two, "ok 0");
        one.Signal("CONT");
        await one.FinishAsync();

        await HoldsTheLiveOneAsync();
        _server.Log.Requests.Should().NotContain(request => request.Header(WorkerSettings.WorkerHeader) == one.Id);
    }

    [Fact]
    public async Task F18_A6_A12_a_holder_that_is_paused_past_its_lease_with_the_answer_in_hand_overwrites_nothing_newer()
    {
        await ConnectExpiredAsync(0);
        (WorkerProcess one, WorkerProcess two) = (Start("worker"), Start("worker"));
        await Task.WhenAll(one.Ready, two.Ready);
        one.Stop(Failpoint.BeforeSave);
        one.Get(0);
        await one.StoppedAsync();
        await _database.AgeLeasesAsync(_settings.Lease);
        two.Get(0);
        await SaidAsync(two, "ok 0");
        object? newer = await _database.QueryAsync("SELECT t::text FROM oauth_connections t");

        one.Signal("CONT");
        await SaidAsync(one, "ok 0");
        await one.FinishAsync();

        (await _database.QueryAsync("SELECT t::text FROM oauth_connections t")).Should().Be(newer);
        await HoldsTheLiveOneAsync();
        _server.Log.RefreshRequests.Should().HaveCount(2);
    }

    [Fact]
    public async Task F54_a_holder_whose_threads_are_all_taken_keeps_its_lease_and_the_token_is_redeemed_once()
    {
        await ConnectExpiredAsync(0);
        (WorkerProcess one, WorkerProcess two) = (Start("worker"), Start("worker"));
        await Task.WhenAll(one.Ready, two.Ready);
        FaultHold hold = HoldReplyTo(one);
        one.Get(0);
        await hold.Reached;
        one.Say("starve all");
        await SaidAsync(one, "starved all");
        hold.Release();

        two.Get(0);
        (await _app.Store.BeginRefreshAsync(WorkerHost.KeyOf(0), "probe", _settings.Lease, Rows.None)).Kind.Should().Be(RefreshClaimKind.Held);
        one.Say("feed all");

        await SaidAsync(one, "ok 0");
        await SaidAsync(two, "ok 0");
        await HoldsTheLiveOneAsync();
        _server.Log.RefreshRequests.Should().ContainSingle().Which.Outcome.Should().Be(TokenRequestOutcome.Issued);
    }

    [Fact]
    public async Task F55_without_a_file_descriptor_left_nothing_is_sent_the_process_lives_and_what_was_begun_is_saved()
    {
        for (int connection = 0; connection < 3; connection++)
            await ConnectExpiredAsync(connection);
        WorkerProcess worker = Start("worker");
        await worker.Ready;
        worker.Get(0); // Whatever is opened once and for all.
        await SaidAsync(worker, "ok 0");
        FaultHold hold = HoldReplyTo(worker);
        worker.Get(1); // Has the only connection to the provider: the next call needs another.
        await hold.Reached;
        Limit(worker, 3);

        worker.Get(2);
        (await SaidAsync(worker, "error 2"))[2].Should().Be(nameof(TokenFailureKind.Network));
        hold.Release();
        await SaidAsync(worker, "ok 1");

        (await RowAsync(2)).Intent.Should().BeNull("nothing was sent");
        worker.Ended.IsCompleted.Should().BeFalse();
        Limit(worker, 1024);
        await AskUntilOkAsync(worker, 2);
        await HoldsTheLiveOneAsync();
        _server.Log.RefreshRequests.Should().HaveCount(3).And.OnlyContain(request => request.Outcome == TokenRequestOutcome.Issued);
    }

    private static void Limit(WorkerProcess worker, int descriptors)
    {
        using Process limit = Process.Start("prlimit", ["--pid", worker.Id, string.Create(CultureInfo.InvariantCulture, $"--nofile={descriptors}:")]);
        limit.WaitForExit();
        limit.ExitCode.Should().Be(0);
    }

    private async Task AskUntilOkAsync(WorkerProcess worker, int connection)
    {
        (string ok, string error) = ($"ok {connection}", $"error {connection}");
        do
        {
            _lines.TryRemove((worker, error), out _);
            worker.Get(connection);
            await Task.WhenAny(Line(worker, ok.Split(' ')).Task, Line(worker, error.Split(' ')).Task, worker.Ended);
            worker.Ended.IsCompleted.Should().BeFalse();
        }
        while (!Line(worker, ok.Split(' ')).Task.IsCompleted);
    }

    private WorkerProcess Start(string mode)
    {
        WorkerProcess worker = WorkerProcess.Start(_settings, (from, words) => Line(from, words).TrySetResult(words), mode);
        _workers.Add(worker);
        return worker;
    }

    private FaultHold HoldReplyTo(WorkerProcess worker)
    {
        FaultHold hold = Fault.HoldReply();
        _server.TokenEndpoint.FailNext(hold, when: request => request.Header(WorkerSettings.WorkerHeader) == worker.Id);
        return hold;
    }

    /// <summary>Ends when a line was said that begins so.</summary>
    private async Task<string[]> SaidAsync(WorkerProcess worker, string beginning)
    {
        string[] words = beginning.Split(' ');
        Task<string[]> said = Line(worker, words).Task;
        Task<string[]> instead = Line(worker, [words[0] == "ok" ? "error" : "ok", words[^1]]).Task;
        await Task.WhenAny(said, instead, worker.Ended);
        said.IsCompleted.Should().BeTrue($"the worker has ended, or said '{(instead.IsCompletedSuccessfully ? string.Join(' ', await instead) : "nothing")}' and not '{beginning}'");
        return await said;
    }

    private TaskCompletionSource<string[]> Line(WorkerProcess worker, string[] words) =>
        _lines.GetOrAdd((worker, string.Join(' ', words.Take(2))), static _ => new TaskCompletionSource<string[]>(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task ConnectExpiredAsync(int connection)
    {
        TokenSet tokens = _server.IssueTokens(_server.AddUser(string.Create(CultureInfo.InvariantCulture, $"user-{connection}")), "read");
        await _app.Tokens.SaveAsync(WorkerHost.KeyOf(connection), tokens);
        await _database.ExecuteAsync("UPDATE oauth_connections SET issued_at = now() - interval '7 hours', expires_at = now() - interval '1 hour'");
    }

    private async Task HoldsTheLiveOneAsync()
    {
        _server.IsLive(await StoredRefreshTokenAsync(0)).Should().BeTrue();
        _server.Log.FamiliesRevoked.Should().Be(0);
        _server.Log.MaxPresentations.Should().BeLessThanOrEqualTo(2);
        (await RowAsync(0)).Reauthorization.Should().BeNull();
    }

    private async Task<StoredToken> RowAsync(int connection) => (await _app.Store.FindAsync(WorkerHost.KeyOf(connection), Rows.None))!;

    private async Task<string> StoredRefreshTokenAsync(int connection)
    {
        StoredToken row = await RowAsync(connection);
        return _app.Services.GetRequiredService<ITokenProtector>().Unprotect(row.Key, "refresh_token", row.Tokens.RefreshToken!);
    }
}
