using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Keeps pending requests in this process: for one node, or several behind a load balancer that keeps a browser at its node.</summary>
public sealed class InMemoryAuthorizationRequestStore(TimeProvider time) : IAuthorizationRequestStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // Oldest first: all live equally long, so the front is what expires next.
    private readonly LinkedList<Entry> _byAge = new();
    private readonly PendingQueues _ofBrowser = new();
    private readonly PendingQueues _ofOwner = new();

    /// <inheritdoc/>
    public Task<bool> TryAddAsync(PendingAuthorization request, AuthorizationRequestBounds bounds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(bounds);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            RemoveExpired();
            MakeRoom(_ofBrowser, request.BrowserId, bounds.PerBrowser);
            MakeRoom(_ofOwner, request.OwnerId, bounds.PerOwner);
            if (_entries.Count >= bounds.Overall)
                return Task.FromResult(false);
            var added = new Entry(request);
            _entries.Add(request.Id, added);
            added.Place = _byAge.AddLast(added);
            added.PlaceInBrowser = _ofBrowser.Add(request.BrowserId, added);
            added.PlaceInOwner = _ofOwner.Add(request.OwnerId, added);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<AuthorizationRedemption> TryRedeemAsync(string id, string browserId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (Find(id, browserId) is not { } entry)
                return Task.FromResult(AuthorizationRedemption.Unknown);
            if (entry.IsTaken)
                return Task.FromResult(AuthorizationRedemption.TakenBefore(entry.Outcome));
            entry.IsTaken = true;
            LeaveQueues(entry);
            return Task.FromResult(AuthorizationRedemption.Taken(entry.Request.Payload));
        }
    }

    /// <inheritdoc/>
    public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken)
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

    // Only those that are still pending make room: what was taken is in progress, or shows its browser the result.
    private void MakeRoom(PendingQueues queues, string id, int most)
    {
        while (queues.CountOf(id) >= most && queues.OldestOf(id) is { } oldest)
            Remove(oldest);
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry.Request.Id);
        _byAge.Remove(entry.Place!);
        if (!entry.IsTaken)
            LeaveQueues(entry);
    }

    private void LeaveQueues(Entry entry)
    {
        _ofBrowser.Remove(entry.Request.BrowserId, entry.PlaceInBrowser!);
        _ofOwner.Remove(entry.Request.OwnerId, entry.PlaceInOwner!);
    }

    private sealed class Entry(PendingAuthorization request)
    {
        public PendingAuthorization Request { get; } = request;

        public LinkedListNode<Entry>? Place { get; set; }

        public LinkedListNode<Entry>? PlaceInBrowser { get; set; }

        public LinkedListNode<Entry>? PlaceInOwner { get; set; }

        public bool IsTaken { get; set; }

        public string? Outcome { get; set; }
    }

    /// <summary>The pending entries of each browser, or of each owner, oldest first: so that an add looks at no entry but those that go (DL-4).</summary>
    private sealed class PendingQueues
    {
        private readonly Dictionary<string, LinkedList<Entry>> _queues = new(StringComparer.Ordinal);

        public int CountOf(string id) => _queues.TryGetValue(id, out LinkedList<Entry>? queue) ? queue.Count : 0;

        public Entry? OldestOf(string id) => _queues.TryGetValue(id, out LinkedList<Entry>? queue) ? queue.First?.Value : null;

        public LinkedListNode<Entry> Add(string id, Entry entry)
        {
            if (!_queues.TryGetValue(id, out LinkedList<Entry>? queue))
                _queues.Add(id, queue = new LinkedList<Entry>());
            return queue.AddLast(entry);
        }

        public void Remove(string id, LinkedListNode<Entry> place)
        {
            LinkedList<Entry> queue = _queues[id];
            queue.Remove(place);
            if (queue.Count == 0)
                _queues.Remove(id); // Otherwise an entry for each browser would stay permanently.
        }
    }
}
