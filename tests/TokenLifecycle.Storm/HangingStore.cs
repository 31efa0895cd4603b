using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Storm;

/// <summary>How long callers waited.</summary>
internal sealed record Waits(int Calls, int Refused, double P50, double P90, double P99, double Max);

/// <summary>Callers with remembered tokens that work, of a store from which no answer comes any more.</summary>
internal static class HangingStore
{
    private const string Provider = "stall";
    private const int Connections = 50;
    private const int Callers = 8;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);

    public static async Task<Waits> RunAsync(TimeSpan time)
    {
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(static o => o.AccessTokenLifetime = TimeSpan.FromHours(1));
        var store = new Hanging(new InMemoryTokenStore(TimeProvider.System));
        var services = new ServiceCollection();
        services.AddSingleton<ITokenStore>(store);
        services.AddTokenLifecycle(static o => o.CacheDuration = TimeSpan.FromSeconds(1)).WithoutProtection().AddProvider(Provider, server.Configure);
        await using ServiceProvider app = services.BuildServiceProvider();
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        TokenKey[] keys = [.. Enumerable.Range(0, Connections).Select(static i => new TokenKey(Provider, $"user-{i}"))];
        foreach (TokenKey key in keys)
        {
            // A third of them near their end, so that callers would wait for a refresh.
            TokenSet issued = server.IssueTokens(server.AddUser(key.UserId), "read");
            await tokens.SaveAsync(key, key.UserId.EndsWith('3') ? issued with { ExpiresAt = TimeProvider.System.GetUtcNow() + time + TimeSpan.FromSeconds(15) } : issued);
            await tokens.GetAccessTokenAsync(key);
        }

        store.Hangs = true;
        var waits = new ConcurrentBag<double>();
        int refused = 0;
        long begun = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (int i = caller; TimeProvider.System.GetElapsedTime(begun) < time; i++)
            {
                long asked = TimeProvider.System.GetTimestamp();
                try
                {
                    await tokens.GetAccessTokenAsync(keys[i % keys.Length]);
                }
                catch (TokenException)
                {
                    Interlocked.Increment(ref refused);
                }

                waits.Add(TimeProvider.System.GetElapsedTime(asked).TotalMilliseconds);
                await Task.Delay(Pace, TimeProvider.System, CancellationToken.None);
            }
        })));
        store.LetGo();

        double[] sorted = [.. waits.Order()];
        return new Waits(sorted.Length, refused, At(sorted, 0.5), At(sorted, 0.9), At(sorted, 0.99), At(sorted, 1));
    }

    private static double At(double[] sorted, double quantile) => Math.Round(sorted[(int)Math.Ceiling(quantile * sorted.Length) - 1], 1);

    private sealed class Hanging(ITokenStore inner) : ITokenStore
    {
        private readonly CancellationTokenSource _letGo = new();

        public bool Hangs { get; set; }

        public bool ReadsWithoutBlocking => true;

        public void LetGo() => _letGo.Cancel();

        public async Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) => await HangAsync(() => inner.FindAsync(key, cancellationToken));

        public async Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
            await HangAsync(() => inner.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken));

        public async Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
            await HangAsync(() => inner.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken));

        public async Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) =>
            await HangAsync(() => inner.SaveAsync(token, expectedVersion, cancellationToken));

        public async Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => await HangAsync(() => inner.DeleteAsync(key, cancellationToken));

        /// <summary>Hears of no cancellation either, as a driver does whose packets are dropped.</summary>
        private async Task<T> HangAsync<T>(Func<Task<T>> call)
        {
            if (Hangs)
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _letGo.Token);
            return await call();
        }
    }
}
