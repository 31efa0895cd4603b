using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Remembers redeemed authorization requests in this process: for one node, or several behind a load balancer that keeps a browser at
/// its node. Beyond a
/// hundred thousand, the one that expires first is forgotten: no one is refused.
/// </summary>
public sealed class InMemoryAuthorizationRequestStore(TimeProvider time) : IAuthorizationRequestStore
{
    /// <summary>About 30 MB.</summary>
    internal const int Most = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Entry, DateTimeOffset> _byExpiry = new();

    /// <summary>How many are remembered.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <inheritdoc/>
    public Task<AuthorizationRedemption> TryRedeemAsync(string id, string holder, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            RemoveExpired();
            if (_entries.TryGetValue(id, out Entry? entry))
                return Task.FromResult(entry.IsOf(holder) ? AuthorizationRedemption.TakenBefore(entry.Outcome) : AuthorizationRedemption.TakenByAnother);
            while (_entries.Count >= Most)
                _entries.Remove(_byExpiry.Dequeue().Id);
            var added = new Entry(id, holder);
            _entries.Add(id, added);
            _byExpiry.Enqueue(added, expiresAt);
            return Task.FromResult(AuthorizationRedemption.Taken);
        }
    }

    /// <inheritdoc/>
    public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_entries.TryGetValue(id, out Entry? entry))
                entry.Outcome = outcome;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string?> FindOutcomeAsync(string id, string holder, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            RemoveExpired();
            return Task.FromResult(_entries.TryGetValue(id, out Entry? entry) && entry.IsOf(holder) ? entry.Outcome : null);
        }
    }

    // Each entry is in the queue exactly once, so it can be removed from both by taking it from the queue.
    private void RemoveExpired()
    {
        DateTimeOffset now = time.GetUtcNow();
        while (_byExpiry.TryPeek(out Entry? next, out DateTimeOffset expiresAt) && expiresAt <= now)
            _entries.Remove(_byExpiry.Dequeue().Id);
    }

    private sealed class Entry(string id, string holder)
    {
        public string Id { get; } = id;

        public string? Outcome { get; set; }

        public bool IsOf(string other) => string.Equals(holder, other, StringComparison.Ordinal);
    }
}
