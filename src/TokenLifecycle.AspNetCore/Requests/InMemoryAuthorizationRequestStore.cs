using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Keeps pending requests in this process: for one node, or several behind a load balancer that keeps a browser at its node.</summary>
public sealed class InMemoryAuthorizationRequestStore(TimeProvider time) : IAuthorizationRequestStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // Oldest first: all live equally long, so the front is what expires next.
    private readonly LinkedList<Entry> _byAge = new();

    /// <inheritdoc/>
    public Task<bool> TryAddAsync(PendingAuthorization request, AuthorizationRequestBounds bounds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(bounds);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            RemoveExpired();
            MakeRoom(entry => entry.Request.BrowserId == request.BrowserId, bounds.PerBrowser);
            MakeRoom(entry => entry.Request.OwnerId == request.OwnerId, bounds.PerOwner);
            if (_entries.Count >= bounds.Overall)
                return Task.FromResult(false);
            var added = new Entry(request);
            _entries.Add(request.Id, added);
            added.Place = _byAge.AddLast(added);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<AuthorizationTake> TryTakeAsync(string id, string browserId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (Find(id, browserId) is not { } entry)
                return Task.FromResult(AuthorizationTake.Unknown);
            if (entry.IsTaken)
                return Task.FromResult(AuthorizationTake.TakenBefore(entry.Outcome));
            entry.IsTaken = true;
            return Task.FromResult(AuthorizationTake.Taken(entry.Request.Payload));
        }
    }

    /// <inheritdoc/>
    public Task NoteOutcomeAsync(string id, string outcome, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_entries.TryGetValue(id, out Entry? entry) && entry.IsTaken)
                entry.Outcome = outcome;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string?> FindOutcomeAsync(string id, string browserId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            return Task.FromResult(Find(id, browserId)?.Outcome);
    }

    private Entry? Find(string id, string browserId)
    {
        RemoveExpired();
        return _entries.TryGetValue(id, out Entry? entry) && string.Equals(entry.Request.BrowserId, browserId, StringComparison.Ordinal) ? entry : null;
    }

    private void RemoveExpired()
    {
        DateTimeOffset now = time.GetUtcNow();
        while (_byAge.First is { } oldest && oldest.Value.Request.ExpiresAt <= now)
            Remove(oldest.Value);
    }

    // Only those that are still pending make room: what was taken is being worked on, or tells its browser how it ended.
    private void MakeRoom(Func<Entry, bool> isSame, int most)
    {
        Entry[] same = [.. _byAge.Where(entry => !entry.IsTaken && isSame(entry))];
        foreach (Entry oldest in same.Take(same.Length - most + 1))
            Remove(oldest);
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry.Request.Id);
        _byAge.Remove(entry.Place!);
    }

    private sealed class Entry(PendingAuthorization request)
    {
        public PendingAuthorization Request { get; } = request;

        public LinkedListNode<Entry>? Place { get; set; }

        public bool IsTaken { get; set; }

        public string? Outcome { get; set; }
    }
}
