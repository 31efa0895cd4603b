using TokenLifecycle.Concurrency;
using TokenLifecycle.Options;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Connections;

/// <summary>
/// Finds the row of a connection: in memory while it is fresh, otherwise in the store, with one read for all concurrent callers. A caller
/// with a valid token never waits for a store that does not respond.
/// </summary>
internal sealed class ConnectionReader(StoreAccess store, TokenCache cache, PendingSaveQueue persistence, ConnectionEvaluator book, WorkScheduler work, TimeProvider time)
{
    private readonly SingleFlight<StoredToken?> _reads = new(work);

    /// <summary>Gets whether the store currently does not respond.</summary>
    public bool IsStoreSilent => store.IsSilent;

    /// <summary>The row of a connection; null if there is none.</summary>
    /// <exception cref="TokenTemporarilyUnavailableException">The store or the stored row cannot be read, and no row is remembered that
    /// still works.</exception>
    public async ValueTask<StoredToken?> ReadAsync(TokenKey key, OAuthProviderOptions provider, CancellationToken cancellationToken)
    {
        if (persistence.Find(key) is { } unsaved)
            return unsaved;

        while (true)
        {
            CachedToken? known = cache.Find(key);
            if (known is not null && cache.IsFresh(known) && !MayHaveBeenMended(known))
                return known.Row;

            Task<StoredToken?> read = _reads.Run(key, () => store.FindAsync(key), out bool started, store.ReadsWithoutBlocking);
            StoredToken? row = await TakeAsync(read, started, key, provider, known, cancellationToken).ConfigureAwait(false);

            // A read that this caller joined may have begun before the remembered connection was created. Its "no row" is then not about
            // that connection.
            if (row is not null || started || known is null)
                return row;
        }
    }

    private async ValueTask<StoredToken?> TakeAsync(
        Task<StoredToken?> read, bool started, TokenKey key, OAuthProviderOptions provider, CachedToken? known, CancellationToken cancellationToken)
    {
        if (known is not null && IsLive(known) && !await EndsSoonAsync(read, cancellationToken).ConfigureAwait(false))
        {
            // Law 7: a token that works does not wait for a store that does not answer. The read goes on, and what it brings is for the
            // next caller.
            cache.Extend(known);
            _ = PublishLaterAsync(read, started, key, provider, known);
            return known.Row;
        }

        StoredToken? row;
        try
        {
            row = await read.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure)
        {
            // G1: a store that fails takes no working token from anybody.
            if (known is not null && IsLive(known))
            {
                cache.Extend(known);
                return known.Row;
            }

            throw failure is UnreadableTokenException
                ? new TokenTemporarilyUnavailableException(key, TokenFailureKind.Unreadable, TimeSpan.FromMinutes(1), failure)
                : new TokenTemporarilyUnavailableException(key, TokenFailureKind.StoreUnavailable, TimeSpan.FromSeconds(5), failure);
        }

        return Found(row, started, key, provider, known);
    }

    /// <summary>
    /// Returns whether a read ends within the time that a caller with a valid token waits for it. Does not wait at all while the store does
    /// not respond.
    /// </summary>
    private async ValueTask<bool> EndsSoonAsync(Task read, CancellationToken cancellationToken)
    {
        if (!read.IsCompleted && !store.IsSilent)
            await read.WaitAsync(StoreSilence.Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return read.IsCompleted;
    }

    private async Task PublishLaterAsync(Task<StoredToken?> read, bool started, TokenKey key, OAuthProviderOptions provider, CachedToken known)
    {
        try
        {
            // Several callers may do this for one read. The runtime resumes only one of several awaiters where a task ends, and the others
            // on the pool, which the simulation does not control.
            Task ended = read.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await ended.ConfigureAwait(false);
            Found(await read.ConfigureAwait(false), started, key, provider, known);
        }
        catch (Exception)
        {
            // Logged by StoreAccess. The remembered row stays, and the next call reads again.
        }
    }

    /// <summary>Remembers the result of a read.</summary>
    /// <param name="row">The row; null if there is none.</param>
    /// <param name="started">Whether this caller started the read, so that it began after <paramref name="known"/> was remembered.</param>
    /// <param name="key">Whose.</param>
    /// <param name="provider">The settings.</param>
    /// <param name="known">The entry that was remembered before.</param>
    private StoredToken? Found(StoredToken? row, bool started, TokenKey key, OAuthProviderOptions provider, CachedToken? known)
    {
        if (row is not null)
            return book.Publish(row, provider)?.Row;

        // Another caller may have saved here while the read was in progress; otherwise another process has disconnected the connection.
        CachedToken? now = cache.Find(key);
        if (now is not null && !ReferenceEquals(now.Row, known?.Row))
            return now.Row;
        if (known is not null && started)
            cache.End(key, known.Version);
        return null;
    }

    /// <summary>
    /// Whether callers are being turned away, while another process may have got a token since, or the user may have reconnected there.
    /// </summary>
    private bool MayHaveBeenMended(CachedToken entry) => entry.Row is { Failure: not null } or { Reauthorization: not null } && !IsLive(entry);

    private bool IsLive(CachedToken entry) => cache.RemainingOf(entry) is not { } remaining || remaining > TimeSpan.Zero;
}
