using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;

namespace TokenLifecycle.Storage;

/// <summary>
/// One entry in the cache that names the only process that may write. That process renews it while it runs. A cache has no
/// compare-and-swap, so an acquisition waits before it takes effect: of
/// several processes that acquire it at the same time, all find the last one that wrote (docs/adr/0026).
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="clock">The clock of this process.</param>
/// <param name="settle">How long an acquisition waits before it takes effect. An operation that takes longer between its check of the
/// marker and its write must check again.</param>
internal sealed class SingleWriterLease(IDistributedCache cache, TimeProvider clock, TimeSpan settle) : IDisposable
{
    public const string CacheKey = "tokenlifecycle:(writer)";

    /// <summary>Without a sign of life for this long a writer counts as gone.</summary>
    public static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(2);

    /// <summary>How often a running writer renews its marker.</summary>
    public static readonly TimeSpan RenewAfter = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _gate = new(1);
    private ITimer? _heartbeat;
    private bool _isSettled;
    private long _writtenAt;
    private volatile bool _isDisposed;

    /// <summary>This writer, unlike any before it.</summary>
    public string WriterId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Makes sure that this process is the writer, or becomes it.</summary>
    /// <exception cref="AnotherWriterException">Another process is the writer.</exception>
    public async Task ClaimAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            SingleWriterLeaseJson? marker = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (!IsMine(marker))
            {
                _isSettled = false;
                if (marker is not null && Age(marker) < Abandoned)
                    throw new AnotherWriterException(Abandoned);
                await WriteAsync(cancellationToken).ConfigureAwait(false);
                if (!_isDisposed)
                    _heartbeat ??= clock.CreateTimer(_ => _ = BeatAsync(), state: null, RenewAfter, RenewAfter);
            }

            else if (Age(marker!) >= RenewAfter)
            {
                await RenewAsync(cancellationToken).ConfigureAwait(false); // A renewal was missed: the process was stalled, or its pool is exhausted.
            }

            if (_isSettled)
                return;

            // A process that acquires it at the same time has read the cache before this write and writes after it: either now, or so late
            // that it finds this process when it checks again.
            if (settle - clock.GetElapsedTime(_writtenAt) is { } left && left > TimeSpan.Zero)
                await Task.Delay(left, clock, cancellationToken).ConfigureAwait(false);
            if (!IsMine(await ReadAsync(cancellationToken).ConfigureAwait(false)))
                throw new AnotherWriterException(Abandoned);
            _isSettled = true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Returns whether another process is the writer now.</summary>
    public async Task<bool> IsAnotherAsync(CancellationToken cancellationToken) =>
        await ReadAsync(cancellationToken).ConfigureAwait(false) is { } marker && !IsMine(marker) && Age(marker) < Abandoned;

    /// <summary>
    /// Lets the next process write immediately. A save that is still in progress may acquire it again: its tokens matter more than a
    /// two-minute wait of the next process.
    /// </summary>
    public void Dispose()
    {
        _isDisposed = true;
        _heartbeat?.Dispose();
        if (IsMine(Parse(cache.Get(CacheKey))))
            cache.Remove(CacheKey);
    }

    private bool IsMine(SingleWriterLeaseJson? marker) => marker?.WriterId == WriterId;

    /// <summary>Shows that this process is running. Fails silently: the next operation reports a cache that cannot be reached.</summary>
    private async Task BeatAsync()
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (!_isDisposed && IsMine(await ReadAsync(CancellationToken.None).ConfigureAwait(false)))
                await RenewAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The next renewal or operation meets the failure again.
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Renews the marker, which belonged to this process a moment ago. If the process was stalled since, it may have overwritten another
    /// one's marker, so it has to wait again.
    /// </summary>
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        long lookedAt = clock.GetTimestamp();
        await WriteAsync(cancellationToken).ConfigureAwait(false);
        if (clock.GetElapsedTime(lookedAt) > settle)
            _isSettled = false;
    }

    // In both directions: a marker from a clock that was ahead must not lock everyone out until ours has caught up.
    private TimeSpan Age(SingleWriterLeaseJson marker) => (clock.GetUtcNow() - marker.RenewedAt).Duration();

    private async Task<SingleWriterLeaseJson?> ReadAsync(CancellationToken cancellationToken) =>
        Parse(await cache.GetAsync(CacheKey, cancellationToken).ConfigureAwait(false));

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        SingleWriterLeaseJson marker = new() { WriterId = WriterId, RenewedAt = clock.GetUtcNow() };
        await cache.SetAsync(
            CacheKey, JsonSerializer.SerializeToUtf8Bytes(marker, StoredTokenJsonContext.Default.SingleWriterLeaseJson), new DistributedCacheEntryOptions(), cancellationToken).ConfigureAwait(false);
        _writtenAt = clock.GetTimestamp();
    }

    private static SingleWriterLeaseJson? Parse(byte[]? bytes)
    {
        if (bytes is null)
            return null;
        try
        {
            return JsonSerializer.Deserialize(bytes, StoredTokenJsonContext.Default.SingleWriterLeaseJson) ?? throw Foreign(innerException: null);
        }
        catch (JsonException e)
        {
            throw Foreign(e);
        }
    }

    private static InvalidOperationException Foreign(Exception? innerException) => new(
        $"The entry {CacheKey} of the distributed cache was not written by this library, so the writer is unknown. "
        + "Use a separate cache or key prefix for the tokens, or delete the entry.",
        innerException);
}
