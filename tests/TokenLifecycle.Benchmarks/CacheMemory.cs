using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Benchmarks;

/// <summary>What a million connections cost a process that asks for each, rows freshly read as from a database: every string is the row's own.</summary>
internal static class CacheMemory
{
    private const int StringOverhead = 22; // Of a .NET string of any length, before it is rounded up to eight bytes.

    /// <summary>Bytes for each connection, all told and without its two token strings.</summary>
    public static async Task<(double All, double BesidesTokens)> MeasureAsync(int connections)
    {
        await using ServiceProvider app = Start(limit: connections * 2);
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        await AskAsync(tokens, 0, 1000);
        long before = Settled();
        await AskAsync(tokens, 1000, connections);
        double all = (Settled() - before) / (double)connections;
        StoredToken row = RowsOnDemand.RowOf(BenchWorld.KeyOf(0));
        GC.KeepAlive(app);
        return (Math.Round(all), Math.Round(all - BytesOf(row.Tokens.AccessToken) - BytesOf(row.Tokens.RefreshToken!)));
    }

    /// <summary>The heap's growth over a run of ever new connections, ten times as many as the cache may hold: what it holds at last, in units of its bound.</summary>
    public static async Task<(double Megabytes, double MegabytesAfterTenTimes)> ChurnAsync(int bound)
    {
        await using ServiceProvider app = Start(limit: bound);
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        await AskAsync(tokens, 0, 1000);
        long before = Settled();
        await AskAsync(tokens, 1000, bound);
        double once = (Settled() - before) / 1048576.0;
        await AskAsync(tokens, 1000 + bound, bound * 9);
        double tenTimes = (Settled() - before) / 1048576.0;
        GC.KeepAlive(app);
        return (Math.Round(once, 1), Math.Round(tenTimes, 1));
    }

    private static ServiceProvider Start(int limit)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ITokenStore, RowsOnDemand>();
        services.AddTokenLifecycle(o => (o.CacheDuration, o.MaxCachedConnections) = (TimeSpan.FromHours(6), limit)).AddProvider(BenchWorld.Provider, BenchWorld.Configure).WithoutProtection();
        return services.BuildServiceProvider();
    }

    private static async Task AskAsync(ITokenManager tokens, int from, int count)
    {
        for (int i = from; i < from + count; i++)
            await tokens.GetAccessTokenAsync(BenchWorld.KeyOf(i));
    }

    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static int BytesOf(string text) => (StringOverhead + (2 * text.Length) + 7) / 8 * 8;

    /// <summary>A database that has every connection that is asked for.</summary>
    private sealed class RowsOnDemand : ITokenStore
    {
        public static StoredToken RowOf(TokenKey key)
        {
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            return new StoredToken
            {
                Key = new TokenKey(Copy(key.Provider), Copy(key.UserId), Copy(key.Connection)),
                Tokens = new TokenSet
                {
                    AccessToken = $"access-{key.UserId}",
                    RefreshToken = $"refresh-{key.UserId}",
                    TokenType = Copy("Bearer"),
                    Scopes = [Copy("read"), Copy("activity:read_all")],
                    AccountId = now.Ticks.ToString(CultureInfo.InvariantCulture),
                    ClientId = Copy("client"),
                    IssuedAt = now,
                    ExpiresAt = now + TimeSpan.FromHours(6),
                },
                Version = 1,
                ReceivedAt = now,
                NextRefreshAt = now + TimeSpan.FromHours(5),
                RetiredFingerprints = [TokenFingerprint.Of($"before-{key.UserId}")],
            };
        }

        public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) => Task.FromResult<StoredToken?>(RowOf(key));

        public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

        private static string Copy(string text) => new(text.AsSpan());
    }
}
