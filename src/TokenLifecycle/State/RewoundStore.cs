using Microsoft.Extensions.Logging;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// After one row has shown that the store went back in time, compares everything that this process remembers with the stored rows, the most
/// recent first, and saves the rows that have replaced the stored ones (docs/adr/0018). Otherwise a process that does not remember such a
/// row may refresh it first, with a refresh token that was already used.
/// </summary>
internal sealed class RewoundStore : IDisposable
{
    private const int MostAtOnce = 8;

    /// <summary>The pause between two comparisons, so that a row that cannot be restored causes no loop.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly StoreAccess _store;
    private readonly TokenCache _cache;
    private readonly ConnectionEvaluator _book;
    private readonly ProviderRegistry _providers;
    private readonly WorkScheduler _work;
    private readonly TimeProvider _time;
    private readonly ILogger<ITokenManager> _logger;
    private readonly Lock _lock = new();
    private bool _isRunning;
    private bool _isProven;
    private TokenKey? _suspect;
    private long? _endedAt;
    private volatile bool _isDisposed;

    public RewoundStore(StoreAccess store, TokenCache cache, ConnectionEvaluator book, ProviderRegistry providers, WorkScheduler work, TimeProvider time, ILogger<ITokenManager> logger)
    {
        (_store, _cache, _book, _providers, _work, _time, _logger) = (store, cache, book, providers, work, time, logger);
        cache.WhenOlderIsRead(Suspect);
    }

    /// <summary>
    /// Starts the comparison because a row was found that went back, unless a comparison is in progress or has just finished.
    /// </summary>
    public void Notice()
    {
        lock (_lock)
            _isProven = true;
        Start(suspect: null);
    }

    /// <summary>
    /// Reads a row again whose read brought an older one, and starts the comparison if it still is older. A read that began before this
    /// process saved newer tokens, and finished later, proves nothing.
    /// </summary>
    private void Suspect(TokenKey key) => Start(key);

    public void Dispose() => _isDisposed = true;

    private void Start(TokenKey? suspect)
    {
        lock (_lock)
        {
            // One that comes while another is checked is checked next: nothing else may read it again.
            _suspect = suspect ?? _suspect;
            if (_isRunning || _isDisposed || (_endedAt is { } ended && _time.GetElapsedTime(ended) < Pause))
                return;
            _isRunning = true;
        }

        _ = _work.Run(RunAsync);
    }

    private async Task CheckAsync(TokenKey key)
    {
        try
        {
            if (!await RestoreIfOlderAsync(key).ConfigureAwait(false))
                return;
            lock (_lock)
                _isProven = true;
        }
        catch (Exception)
        {
            // Logged by StoreAccess. The next row that is read starts a check again.
        }
    }

    private async Task RunAsync()
    {
        bool isProven;
        while (TakeSuspect(out isProven) is { } suspect)
            await CheckAsync(suspect).ConfigureAwait(false);
        if (!isProven)
            return;

        try
        {
            await CompareAsync().ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
                (_isRunning, _isProven, _suspect, _endedAt) = (false, false, null, _time.GetTimestamp());
        }
    }

    /// <summary>
    /// Returns the next row to check; <see langword="null"/> if a row has been proven to have gone back, or if nothing is left, and the run
    /// is over.
    /// </summary>
    private TokenKey? TakeSuspect(out bool isProven)
    {
        lock (_lock)
        {
            isProven = _isProven;
            TokenKey? next = isProven ? null : _suspect;
            _suspect = null;
            _isRunning = isProven || next is not null;
            return next;
        }
    }

    private async Task CompareAsync()
    {
        var places = new AsyncSemaphore(_work, MostAtOnce);
        int failures = 0;
        List<Task> running = [];

        // A row that has replaced no refresh token cannot prove anything.
        foreach (StoredToken remembered in _cache.Rows.Where(static row => row.RetiredFingerprints.Count > 0).OrderByDescending(static row => row.ReceivedAt).ThenBy(static row => row.Key, TokenKeyOrder.Instance))
        {
            await places.TakeAsync().ConfigureAwait(false);
            if (_isDisposed || Volatile.Read(ref failures) >= MostAtOnce)
                break;
            running.RemoveAll(static task => task.IsCompleted);
            running.Add(CompareOneAsync(remembered.Key));
        }

        await Task.WhenAll(running).ConfigureAwait(false);

        async Task CompareOneAsync(TokenKey key)
        {
            try
            {
                await RestoreIfOlderAsync(key).ConfigureAwait(false);
                Volatile.Write(ref failures, 0);
            }
            catch (Exception)
            {
                // Logged by StoreAccess. The next row that is read starts a comparison again.
                Interlocked.Increment(ref failures);
            }
            finally
            {
                places.Release();
            }
        }
    }

    /// <returns>Whether the stored row is older than the remembered one, whatever became of it.</returns>
    private async Task<bool> RestoreIfOlderAsync(TokenKey key)
    {
        OAuthProviderOptions provider = _providers.OptionsOf(key.Provider);
        if (await _store.FindAsync(key).ConfigureAwait(false) is not { } stored)
            return false;
        if (_book.FindReplacementOf(stored) is not { } newer)
        {
            // What this process has read, it remembers: it may be asked to prove the next row that goes back.
            if (_cache.Find(key) is { } known && stored.Version > known.Version)
                _book.Publish(stored, provider);
            return false;
        }

        // Another process may be using the older refresh token. If the provider accepts it, that outcome counts. Otherwise the newer row is
        // saved, to stop the other process if there is still time.
        if (stored.Intent is not null && provider.RefreshTokenReusePeriod > TimeSpan.Zero)
            return true;

        // If another attempt has sent the older refresh token, the provider may have revoked the newer one.
        bool mayBeSent = stored.Reauthorization is not null || stored.Intent is not null;
        SaveResult result = await _store.SaveSettledAsync(mayBeSent ? newer.SavedLate(_time.GetUtcNow()) : newer, stored.Version).ConfigureAwait(false);
        if (!result.IsSaved)
            return true;
        _book.Restore(result.Token!, provider);
        Log.StoreWentBack(_logger, key);
        return true;
    }
}
