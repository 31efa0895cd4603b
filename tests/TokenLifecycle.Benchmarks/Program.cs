using System.Globalization;
using TokenLifecycle.Benchmarks;
using TokenLifecycle.TestKit;

// Ours, the least that anybody could do, and other libraries, side by side; see build/bench.sh.
switch (args)
{
    case ["start-up", string what]:
        await StartUp.RunAsync(withLibrary: what == "ours");
        return 0;
    case ["--short"]:
        return await CountAllocationsAsync();
    case ["--only", string group]:
        foreach (Figure figure in Suite.Run(static _ => { }, group))
            Console.WriteLine(figure);
        return 0;
    case []:
        return await MeasureAsync();
    default:
        await Console.Error.WriteLineAsync("Usage: build/bench.sh [--short | --only WarmGets|Handlers|ColdGets|Refreshes|Protection]");
        return 2;
}

static async Task<int> CountAllocationsAsync()
{
    var promises = new Promises();
    foreach ((string what, double bytes, double atMost) in await Allocations.MeasureAsync())
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what}: {bytes:0.##} B (at most {atMost})"));
        promises.Keep(bytes <= atMost, $"{what} allocates at most {atMost} B: {bytes:0.##}");
    }

    Console.WriteLine($"  {promises}");
    return promises.Broken.Count == 0 ? 0 : 1;
}

static async Task<int> MeasureAsync()
{
    const int rounds = 15;
    long started = TimeProvider.System.GetTimestamp();
    (double milliseconds, double kilobytes) = await StartUp.MeasureAsync(rounds: 9);
    Say("the start of a host is measured");
    (Duel warm, Duel warmAtRandom) = await WarmGets.DuelAsync();
    Say("a warm token is measured beside the limit");
    (Duel handler, Duel handlerLater) = await Handlers.DuelAsync(); // Before what uses the same code otherwise: it is optimized for what it has been used for.
    Say("the handler is measured beside a static header");
    double twoThreads = await TwoThreads.MeasureAsync(rounds);
    Say("two threads are measured");
    (double released, int requests) = await Waiters.MeasureAsync(rounds);
    Say("waiters are measured");
    Duel cold = await ColdGets.DuelAsync(isPrepared: false), prepared = await ColdGets.DuelAsync(isPrepared: true);
    Say("a cold token is measured beside the plain query");
    (double all, double besidesTokens) = await CacheMemory.MeasureAsync(1_000_000);
    (double full, double later) = await CacheMemory.ChurnAsync(100_000);
    Say("the cache is measured");
    Figure[] figures = [.. Suite.Run(Say)];
    var report = new BenchReport
    {
        Figures = figures,
        Warm = warm,
        WarmAtRandom = warmAtRandom,
        Handler = handler,
        HandlerLater = handlerLater,
        Cold = cold,
        ColdPrepared = prepared,
        TwoThreads = Math.Round(twoThreads, 2),
        Waiters = (Math.Round(released, 2), requests, rounds),
        BytesPerConnection = (all, besidesTokens),
        Churn = (full, later),
        StartUp = (milliseconds, kilobytes),
    };
    Directory.CreateDirectory("artifacts");
    await File.WriteAllTextAsync(Path.Combine("artifacts", "bench.json"), report.Json);
    Console.WriteLine(report);
    return report.Promises.Broken.Count == 0 ? 0 : 1;

    void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{TimeProvider.System.GetElapsedTime(started).TotalSeconds,4:0}s] {what}"));
}
