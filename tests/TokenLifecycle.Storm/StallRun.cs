using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Chaos;
using TokenLifecycle.Postgres;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Storm;

/// <summary>
/// A process whose thread pool is blocked by its app, at a strict server in this one: how many grants are lost? And the same calls on a store that does not answer: how long does
/// a caller wait whose token works? The server's log and the stored refresh tokens decide, not the library's word.
/// </summary>
internal static class StallRun
{
    private const int Connections = 40;

    /// <summary>The answer of a store that hangs is not waited for longer than this.</summary>
    private const double LongestWaitMs = 300;

    public static async Task<int> RunAsync(string[] args)
    {
        int[] threads = [.. (Text(args, "--threads") ?? "60,250,1000").Split(',').Select(static text => int.Parse(text, CultureInfo.InvariantCulture))];
        int seconds = int.Parse(Text(args, "--seconds") ?? "20", CultureInfo.InvariantCulture);
        string store = Text(args, "--store") ?? "file";

        var runs = new List<Figures>();
        foreach (int count in threads)
            runs.Add(await StallAsync(count, seconds, store));
        Waits waits = await HangingStore.RunAsync(TimeSpan.FromSeconds(Math.Min(seconds, 10)));

        int lost = runs.Sum(static run => run.Lost);
        int reused = runs.Sum(static run => run.Reused);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            lost,
            reused,
            threads = runs.Select(static run => new { threads = run.Threads, calls = run.Calls, refused = run.Refused, refreshes = run.Refreshes, lost = run.Lost, reused = run.Reused, longest_ms = run.LongestMs }),
            hanging_store = new { calls = waits.Calls, refused = waits.Refused, p50_ms = waits.P50, p90_ms = waits.P90, p99_ms = waits.P99, max_ms = waits.Max },
        }));
        return lost == 0 && reused == 0 && runs.All(static run => run.Refreshes > 0) && waits is { Refused: 0, Max: <= LongestWaitMs } ? 0 : 1;
    }

    private static async Task<Figures> StallAsync(int threads, int seconds, string store)
    {
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = TimeSpan.FromSeconds(5);
            o.RecordRequests = false;
        });
        await using PostgresCluster? cluster = store == "postgres" ? await PostgresCluster.StartAsync(isDurable: true) : null;
        string folder = Directory.CreateTempSubdirectory("tokenlifecycle-stall-").FullName;
        try
        {
            string place = cluster is null ? Path.Combine(folder, "tokens") : await cluster.CreateDatabaseAsync();
            WorkerSettings settings = WorkerSettings.Of(new ChaosOptions(Kills: 0, Grace: TimeSpan.Zero, store, Seed: 0), place, Path.Combine(folder, "keys.json"), server)
                with { Deadline = TimeSpan.FromSeconds(5) };
            await ConnectAsync(settings, server);
            string[] words = await BlockAsync(settings, threads, seconds);
            var figures = new Figures(threads, Number(words[1]), Number(words[2]), server.Log.TokenRequests.Count, await LostAsync(settings), server.Log.ReusedRefreshTokens, Number(words[3]));
            Console.Error.WriteLine(figures);
            return figures;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string[]> BlockAsync(WorkerSettings settings, int threads, int seconds)
    {
        Channel<string[]> answers = Channel.CreateUnbounded<string[]>();
        using WorkerProcess process = WorkerProcess.Start(settings, (_, words) => answers.Writer.TryWrite(words), "stalled", typeof(StallRun).Assembly.Location);
        _ = process.Ended.ContinueWith(_ => answers.Writer.TryComplete(new InvalidOperationException("The process has ended in the middle of the run.")), TaskScheduler.Default);
        await process.Ready;
        process.Say(string.Create(CultureInfo.InvariantCulture, $"stall {threads} {seconds} {Connections}"));
        string[] done = await answers.Reader.ReadAsync();
        await process.FinishAsync();
        return done;
    }

    private static async Task ConnectAsync(WorkerSettings settings, SimulatedAuthorizationServer server)
    {
        await using ServiceProvider app = WorkerHost.Build(settings);
        await using AsyncServiceScope scope = app.CreateAsyncScope();
        if (scope.ServiceProvider.GetService<ChaosContext>() is { } context)
            await context.Database.EnsureCreatedAsync();
        for (int connection = 0; connection < Connections; connection++)
        {
            TokenKey key = WorkerHost.KeyOf(connection);
            await app.GetRequiredService<ITokenManager>().SaveAsync(key, server.IssueTokens(server.AddUser(key.UserId), "read"));
        }
    }

    /// <summary>How many connections another process cannot refresh any more.</summary>
    private static async Task<int> LostAsync(WorkerSettings settings)
    {
        await using ServiceProvider app = WorkerHost.Build(settings);
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        int lost = 0;
        for (int connection = 0; connection < Connections; connection++)
        {
            if (await IsLostAsync(tokens, WorkerHost.KeyOf(connection)))
                lost++;
        }

        return lost;
    }

    /// <summary>A grant that cannot be refreshed within two minutes at a provider that answers is lost, however its failure is called.</summary>
    private static async Task<bool> IsLostAsync(ITokenManager tokens, TokenKey key)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await tokens.RefreshAsync(key);
                return false;
            }
            catch (ReauthorizationRequiredException)
            {
                return true;
            }
            catch (TokenTemporarilyUnavailableException later) when (TimeProvider.System.GetElapsedTime(begun) + later.RetryAfter < TimeSpan.FromMinutes(2))
            {
                Console.Error.WriteLine($"{later.Kind}: asked again in {later.RetryAfter}"); // The pause after a failure of the process before.
                await Task.Delay(later.RetryAfter, TimeProvider.System, CancellationToken.None);
            }
            catch (TokenTemporarilyUnavailableException later)
            {
                Console.Error.WriteLine($"{later.Kind}: given up");
                return true;
            }
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static string? Text(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at < 0 ? null : at + 1 < args.Length ? args[at + 1] : throw new InvalidOperationException($"{name} wants a value.");
    }

    private sealed record Figures(int Threads, int Calls, int Refused, int Refreshes, int Lost, int Reused, int LongestMs);
}
