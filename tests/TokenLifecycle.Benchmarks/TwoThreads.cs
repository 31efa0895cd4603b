using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.Benchmarks;

/// <summary>How much more two threads get done than one, with the same hot key: whatever they share in writing would show here.</summary>
internal static class TwoThreads
{
    private const int Calls = 2_000_000;

    public static async Task<double> MeasureAsync(int rounds)
    {
        await using ServiceProvider app = BenchWorld.Services().BuildServiceProvider();
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        TokenKey key = (await BenchWorld.WarmUpAsync(tokens, 1000))[0];
        var ratios = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            double one = Seconds(threads: 1);
            double two = Seconds(threads: 2);
            ratios.Add(2 * one / two);
        }

        ratios.Sort();
        return ratios[ratios.Count / 2];

        double Seconds(int threads)
        {
            using var start = new Barrier(threads + 1);
            Thread[] all = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() =>
            {
                start.SignalAndWait();
                for (int call = 0; call < Calls; call++)
                    BenchWorld.AtOnce(tokens.GetAccessTokenAsync(key));
            }))];
            foreach (Thread thread in all)
                thread.Start();
            start.SignalAndWait();
            long started = TimeProvider.System.GetTimestamp();
            foreach (Thread thread in all)
                thread.Join();
            return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        }
    }
}
