using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Benchmarks;

/// <summary>Ten thousand callers wait for one expired token; the server lets its answer go, and the last of them has it so many milliseconds later.</summary>
internal static class Waiters
{
    private const int Callers = 10_000;

    /// <summary>Until the code is optimized, as it is in a server that has been up for a minute.</summary>
    private const int WarmUps = 60;

    public static async Task<(double Milliseconds, int Requests)> MeasureAsync(int rounds)
    {
        var clock = new AheadOfTime();
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = TimeSpan.FromHours(1);
            o.RecordRequests = false;
        });
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddTokenLifecycle().AddProvider(BenchWorld.Provider, server.Configure);
        await using ServiceProvider app = services.BuildServiceProvider();
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        TokenKey key = BenchWorld.KeyOf(0);
        await tokens.SaveAsync(key, server.IssueTokens(server.SignedInUser, "read"));

        var milliseconds = new List<double>();
        int before = 0;
        for (int round = -WarmUps; round < rounds; round++)
        {
            if (round == 0)
                (before, _) = (server.Log.TokenRequests.Count, milliseconds.RemoveAll(static _ => true));
            clock.Advance(TimeSpan.FromHours(2));
            milliseconds.Add(await RoundAsync(server, tokens, key));
        }

        milliseconds.Sort();
        return (milliseconds[milliseconds.Count / 2], server.Log.TokenRequests.Count - before);
    }

    private static async Task<double> RoundAsync(SimulatedAuthorizationServer server, ITokenManager tokens, TokenKey key)
    {
        FaultHold hold = Fault.HoldReply();
        server.TokenEndpoint.FailNext(hold);
        int waiting = Callers;
        var last = new TaskCompletionSource<long>();
        for (int caller = 0; caller < Callers; caller++)
            _ = WaitAsync();
        await hold.Reached;

        long released = TimeProvider.System.GetTimestamp();
        hold.Release();
        return TimeProvider.System.GetElapsedTime(released, await last.Task).TotalMilliseconds;

        async Task WaitAsync()
        {
            try
            {
                await tokens.GetAccessTokenAsync(key);
                if (Interlocked.Decrement(ref waiting) == 0)
                    last.TrySetResult(TimeProvider.System.GetTimestamp());
            }
            catch (TokenException failure)
            {
                last.TrySetException(failure);
            }
        }
    }

    /// <summary>The system's clock, set forward: a manual one has a lock, for which ten thousand would queue.</summary>
    private sealed class AheadOfTime : TimeProvider
    {
        private long _ahead;

        public void Advance(TimeSpan time) => Interlocked.Add(ref _ahead, time.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref _ahead));

        public override long GetTimestamp() => base.GetTimestamp() + (Volatile.Read(ref _ahead) * (TimestampFrequency / TimeSpan.TicksPerSecond));
    }
}
