using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;

namespace TokenLifecycle.Storage;

/// <summary>
/// Keeps connections in an <see cref="IDistributedCache"/>, for one process that has a cache and no database.
/// </summary>
/// <remarks>
/// Such a cache promises little, so know what you get:
/// <list type="bullet">
/// <item><b>One writing process only.</b> A cache has no compare-and-swap. Within a process every step is atomic. A marker keeps a second process from writing: the first one renews it while it runs, and it expires
/// two minutes after the last renewal. The first write of a process waits two seconds, so that only one of several processes that start at the same time becomes the writer. If a process is frozen in the middle of a
/// write and another takes over, it can still overwrite a row. For several processes, use the Entity Framework store.</item>
/// <item><b>What the cache drops is lost</b>, and its users have to connect again. Entries are written without expiry; use a cache that persists and does
/// not evict.</item>
/// <item><b>Leases run on this process's wall clock</b>, as they must outlive it.</item>
/// </list>
/// </remarks>
public sealed class DistributedCacheTokenStore : ITokenStore, ITokenStoreCheck, IDisposable
{
    private const string Prefix = "tokenlifecycle:";
    private const int Stripes = 64;

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    private readonly IDistributedCache _cache;
    private readonly TimeSpan _settle;

    // The refreshes of this process: their responses are saved even if another process has become the writer.
    private readonly ConcurrentDictionary<TokenKey, string> _attempts = new();
    private readonly TimeProvider _clock;
    private readonly SingleWriterLease _writer;
    private readonly VersionSource _versions;

    // Many keys share one lock: enough for a cache's round trips, and no list of locks that grows with the keys.
    private readonly SemaphoreSlim[] _locks = [.. Enumerable.Range(0, Stripes).Select(static _ => new SemaphoreSlim(1))];

    /// <summary>Makes a store on a cache. Nothing is read or written yet.</summary>
    /// <param name="cache">The cache; keys begin with <c>tokenlifecycle:</c>.</param>
    /// <param name="clock">The clock of leases and of the writer's marker.</param>
    public DistributedCacheTokenStore(IDistributedCache cache, TimeProvider clock)
        : this(cache, clock, Settle)
    {
    }

    internal DistributedCacheTokenStore(IDistributedCache cache, TimeProvider clock, TimeSpan settle)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(clock);
        _cache = cache;
        _clock = clock;
        _settle = settle;
        _writer = new SingleWriterLease(cache, clock, settle);
        _versions = new VersionSource(clock);
    }

    /// <inheritdoc/>
    public async Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) =>
        (await ReadAsync(key, cancellationToken).ConfigureAwait(false))?.Token;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Another process is the writer.</exception>
    public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        return AloneAsync(key, async () =>
        {
            LeasedConnection? row = await ReadAsync(key, cancellationToken).ConfigureAwait(false);
            if (row is null)
                return RefreshClaim.NotFound;

            DateTimeOffset now = _clock.GetUtcNow();
            (LeasedConnection begun, RefreshClaim claim) = row.Begin(attemptId, leaseDuration, TimeSpan.FromTicks(now.UtcTicks), now);
            if (ReferenceEquals(begun, row))
                return claim;

            long startedAt = _clock.GetTimestamp();
            await WriteAsync(begun, cancellationToken).ConfigureAwait(false);

            // If this process was stopped since it checked the marker, another process may have become the writer. Then this one must not send the refresh token.
            if (_clock.GetElapsedTime(startedAt) >= _settle / 2)
                await _writer.ClaimAsync(cancellationToken).ConfigureAwait(false);
            _attempts[key] = attemptId;
            return claim;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Another process is the writer.</exception>
    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentNullException.ThrowIfNull(ending);
        return AloneAsync(key, async () =>
        {
            LeasedConnection? row = await ReadAsync(key, cancellationToken).ConfigureAwait(false);
            LeasedConnection? ended = row?.End(attemptId, version, ending);
            if (ended is not null)
                await WriteAsync(ended, cancellationToken).ConfigureAwait(false);
            _attempts.TryRemove(KeyValuePair.Create(key, attemptId));
            return ended is not null;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="UnreadableTokenException">The stored row cannot be read, and so is not replaced.</exception>
    /// <exception cref="InvalidOperationException">Another process is the writer.</exception>
    public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(token);
        return AloneAsync(token.Key, async () =>
        {
            LeasedConnection? row = await ReadAsync(token.Key, cancellationToken).ConfigureAwait(false);
            long version = row?.Token.Version ?? StoredToken.Unsaved;
            if (version != expectedVersion)
            {
                if (row is null)
                    _attempts.TryRemove(token.Key, out _);
                return SaveResult.Conflict(row?.Token);
            }

            LeasedConnection saved = LeasedConnection.Saved(token, _versions.After(version));
            await WriteAsync(saved, cancellationToken).ConfigureAwait(false);
            _attempts.TryRemove(token.Key, out _);
            return SaveResult.Saved(saved.Token);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Another process is the writer.</exception>
    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) =>
        AloneAsync(key, async () =>
        {
            byte[]? bytes = await _cache.GetAsync(CacheKey(key), cancellationToken).ConfigureAwait(false);
            _attempts.TryRemove(key, out _);
            if (bytes is null)
                return new DeleteResult(Existed: false, Deleted: null);

            await _cache.RemoveAsync(CacheKey(key), cancellationToken).ConfigureAwait(false);
            return new DeleteResult(Existed: true, StoredTokenJson.ReadOrNull(key, bytes)?.Token);
        }, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(CancellationToken cancellationToken) =>
        await _writer.IsAnotherAsync(cancellationToken).ConfigureAwait(false)
            ? [new TokenStoreProblem(
                $"entry {SingleWriterLease.CacheKey} of the distributed cache",
                "Another process is the writer. This process can read tokens, but it does not refresh or save them.",
                "Run one process only, or use a store with compare-and-swap: UseEntityFrameworkStore().") { IsConfined = true }]
            : [];

    /// <summary>Releases the role of the writer, so that the next process need not wait.</summary>
    public void Dispose() => _writer.Dispose();

    private async Task<T> AloneAsync<T>(TokenKey key, Func<Task<T>> step, CancellationToken cancellationToken)
    {
        string cacheKey = CacheKey(key);
        SemaphoreSlim stripe = _locks[(uint)StringComparer.Ordinal.GetHashCode(cacheKey) % Stripes];
        await stripe.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ClaimAsync(key, cancellationToken).ConfigureAwait(false);
            return await step().ConfigureAwait(false);
        }
        finally
        {
            stripe.Release();
        }
    }

    private async Task ClaimAsync(TokenKey key, CancellationToken cancellationToken)
    {
        try
        {
            await _writer.ClaimAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (AnotherWriterException)
        {
            // While the row carries the lease of this process's attempt, the other process does not change it, and the tokens that the attempt received exist only here.
            if (!_attempts.TryGetValue(key, out string? attempt) || (await ReadAsync(key, cancellationToken).ConfigureAwait(false))?.Lease?.Owner != attempt)
                throw;
        }
    }

    private async Task<LeasedConnection?> ReadAsync(TokenKey key, CancellationToken cancellationToken)
    {
        string cacheKey = CacheKey(key);
        cancellationToken.ThrowIfCancellationRequested();
        byte[]? bytes = await _cache.GetAsync(cacheKey, cancellationToken).ConfigureAwait(false);
        return bytes is null ? null : StoredTokenJson.Read(key, bytes);
    }

    private Task WriteAsync(LeasedConnection row, CancellationToken cancellationToken) =>
        _cache.SetAsync(CacheKey(row.Token.Key), StoredTokenJson.Write(row), new DistributedCacheEntryOptions(), cancellationToken);

    // default(TokenKey) names no user, and its ToString does not throw; asking it for a part does.
    private static string CacheKey(TokenKey key) => key.Provider.Length > 0 ? Prefix + key : Prefix;
}
