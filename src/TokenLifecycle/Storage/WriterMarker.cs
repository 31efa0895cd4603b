using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;

namespace TokenLifecycle.Storage;

/// <summary>
/// One entry in the cache that names the only process that may write. It cannot keep a second one out at the very same moment, as a cache has no
/// compare-and-swap; it finds one that is there, and refuses.
/// </summary>
internal sealed class WriterMarker(IDistributedCache cache, TimeProvider clock) : IDisposable
{
    public const string CacheKey = "tokenlifecycle:(writer)";

    /// <summary>Without a sign of life for this long a writer counts as gone.</summary>
    public static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan _renewAfter = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>This writer, unlike any before it.</summary>
    public string WriterId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Makes sure that this process is the writer, or becomes it.</summary>
    /// <exception cref="InvalidOperationException">Another process is the writer.</exception>
    public async Task ClaimAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            WriterMarkerJson? marker = await ReadAsync(cancellationToken).ConfigureAwait(false);
            bool isMine = marker?.WriterId == WriterId;
            if (!isMine && marker is not null && Age(marker) < Abandoned)
                throw Refused();
            if (isMine && Age(marker!) < _renewAfter)
                return;

            await WriteAsync(cancellationToken).ConfigureAwait(false);

            // Two that claim together both believe in their own write; the cache believes the last.
            marker = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (marker?.WriterId != WriterId)
                throw Refused();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Lets the next process write at once. A save that is still on its way may claim again: its tokens matter more than the next start's two minutes.</summary>
    public void Dispose()
    {
        if (Parse(cache.Get(CacheKey))?.WriterId == WriterId)
            cache.Remove(CacheKey);
    }

    // In both directions: a marker from a clock that was ahead must not lock everyone out until ours has caught up.
    private TimeSpan Age(WriterMarkerJson marker) => (clock.GetUtcNow() - marker.RenewedAt).Duration();

    private async Task<WriterMarkerJson?> ReadAsync(CancellationToken cancellationToken) =>
        Parse(await cache.GetAsync(CacheKey, cancellationToken).ConfigureAwait(false));

    private Task WriteAsync(CancellationToken cancellationToken)
    {
        WriterMarkerJson marker = new() { WriterId = WriterId, RenewedAt = clock.GetUtcNow() };
        return cache.SetAsync(
            CacheKey, JsonSerializer.SerializeToUtf8Bytes(marker, StoredTokenJsonContext.Default.WriterMarkerJson), new DistributedCacheEntryOptions(), cancellationToken);
    }

    private static WriterMarkerJson? Parse(byte[]? bytes)
    {
        if (bytes is null)
            return null;
        try
        {
            return JsonSerializer.Deserialize(bytes, StoredTokenJsonContext.Default.WriterMarkerJson) ?? throw Foreign(innerException: null);
        }
        catch (JsonException e)
        {
            throw Foreign(e);
        }
    }

    private static InvalidOperationException Refused() => new(
        "Another process is writing tokens to this distributed cache, and a cache cannot keep two writers from overwriting each other's refresh tokens. "
        + "Run one process only, or use a store with compare-and-swap: UseEntityFrameworkStore(). "
        + $"If the other process has crashed, this one may write {Abandoned.TotalMinutes} minutes after its last sign of life.");

    private static InvalidOperationException Foreign(Exception? innerException) => new(
        $"The entry {CacheKey} of the distributed cache was not written by this library, so it cannot be told who may write. "
        + "Give the tokens a cache or key prefix of their own, or delete the entry.",
        innerException);
}
