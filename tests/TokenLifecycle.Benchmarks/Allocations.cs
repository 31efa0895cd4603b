using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Benchmarks;

/// <summary>The short form: counts bytes, which are the same on any machine, and no times.</summary>
internal static class Allocations
{
    private const int Calls = 20_000;
    private const int UnderWay = 32;

    public static async Task<(string What, double Bytes, double AtMost)[]> MeasureAsync()
    {
        await using ServiceProvider app = BenchWorld.Services().BuildServiceProvider();
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        TokenKey[] keys = await BenchWorld.WarmUpAsync(tokens, 1000);
        double warm = PerCall(i => BenchWorld.AtOnce(tokens.GetAccessTokenAsync(keys[0])));
        double any = PerCall(i => BenchWorld.AtOnce(tokens.GetAccessTokenAsync(keys[i % keys.Length])));
        double asked = PerCall(i => BenchWorld.AtOnce(tokens.GetAccessTokenAsync(keys[0], TimeSpan.FromMinutes(1))));
        double ofNewKey = PerCall(i => BenchWorld.AtOnce(tokens.GetAccessTokenAsync(new TokenKey(keys[0].Provider, keys[0].UserId))));
        double measured;
        using (var listener = new MeterListener { InstrumentPublished = static (instrument, all) => Watch(instrument, all) })
        {
            listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
            listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
            listener.Start();
            measured = PerCall(i => BenchWorld.AtOnce(tokens.GetAccessTokenAsync(keys[0])));
        }

        var handlers = new Handlers();
        await handlers.SetUpAsync();
        double overStatic = PerCall(_ => AtOnce(handlers.Ours())) - PerCall(_ => AtOnce(handlers.StaticHeader()));
        double waitedFor = await PerCallAsync(handlers.OursLater, 1) - await PerCallAsync(handlers.StaticHeaderLater, 1);
        double underWay = await PerCallAsync(handlers.OursLater, UnderWay) - await PerCallAsync(handlers.StaticHeaderLater, UnderWay);
        handlers.TearDown();
        return
        [
            ("a warm token, the same each time", warm, 0),
            ("a warm token, another each time", any, 0),
            ("a warm token with a minimum validity", asked, 0),
            ("a warm token by a key made for the call", ofNewKey, 0),
            ("a warm token while its metrics are collected", measured, 0),
            ("a request by the handler, over one with a static header", overStatic, 64),
            ("the same for an answer that has to be waited for", waitedFor, 64),
            ($"the same with {UnderWay} requests under way", underWay, 64),
        ];
    }

    private static void Watch(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name == TokenLifecycleDiagnostics.MeterName && !instrument.IsObservable)
            listener.EnableMeasurementEvents(instrument);
    }

    private static Task AtOnce(Task request) => request.IsCompletedSuccessfully ? request : throw new InvalidOperationException("The answer was not there at once.");

    /// <param name="call">Makes a request.</param>
    /// <param name="underWay">How many are made at a time, each beginning when one has ended.</param>
    private static async Task<double> PerCallAsync(Func<Task> call, int underWay)
    {
        await RunAsync();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await RunAsync();
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Calls;

        Task RunAsync() => Task.WhenAll(Enumerable.Range(0, underWay).Select(async _ =>
        {
            for (int i = 0; i < Calls / underWay; i++)
                await call();
        }));
    }

    private static double PerCall(Func<int, object> call)
    {
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Calls;

        void Run()
        {
            for (int i = 0; i < Calls; i++)
                call(i);
        }
    }
}
