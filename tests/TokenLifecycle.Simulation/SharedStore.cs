using TokenLifecycle.Storage;

namespace TokenLifecycle.Simulation;

/// <summary>
/// The one durable store of the fleet: linearizable, with a clock of its own, on the library's own state machine. Keeps a journal, so that it can go back in time as a standby that
/// was promoted does.
/// </summary>
internal sealed class SharedStore(Scheduler scheduler, SeededRandom random, DateTimeOffset start, TimeSpan offset)
{
    private readonly SortedDictionary<TokenKey, LeasedConnection> _rows = new(TokenKeyOrder.Instance);
    private readonly List<(long At, TokenKey Key, LeasedConnection? Before, bool IsConnection)> _journal = [];
    private readonly Dictionary<TokenKey, long> _changed = [];
    private long _lastVersion;

    /// <summary>Called after a row was replaced; with null if it was deleted.</summary>
    public Action<StoredToken?, StoredToken?>? Changed { get; set; }

    /// <summary>Gets when the store last went back in time; leases that were taken before are forgotten.</summary>
    public long WentBackAt { get; private set; } = -1;

    public IEnumerable<LeasedConnection> Rows => _rows.Values;

    public DateTimeOffset UtcNow => start + scheduler.Elapsed + offset;

    private TimeSpan Elapsed => scheduler.Elapsed;

    public RefreshLease? LeaseOf(TokenKey key) => _rows.GetValueOrDefault(key)?.Lease;

    /// <summary>When a row last changed.</summary>
    public long ChangedAt(TokenKey key) => _changed.GetValueOrDefault(key);

    public StoredToken? Find(TokenKey key) => _rows.GetValueOrDefault(key)?.Token;

    public RefreshClaim Begin(TokenKey key, string attemptId, TimeSpan lease)
    {
        if (_rows.GetValueOrDefault(key) is not { } row)
            return RefreshClaim.NotFound;
        (LeasedConnection begun, RefreshClaim claim) = row.Begin(attemptId, lease, Elapsed, UtcNow);
        Put(key, row, begun);
        return claim;
    }

    public bool End(TokenKey key, string attemptId, long version, RefreshCompletion ending)
    {
        LeasedConnection? row = _rows.GetValueOrDefault(key);
        if (row?.End(attemptId, version, ending) is not { } ended)
            return false;
        Put(key, row, ended);
        return true;
    }

    public SaveResult Save(StoredToken token, long expectedVersion)
    {
        LeasedConnection? row = _rows.GetValueOrDefault(token.Key);
        if ((row?.Token.Version ?? StoredToken.Unsaved) != expectedVersion)
            return SaveResult.Conflict(row?.Token);

        // As the databases do: taken from the time and no smaller than before, by chance where the store has gone back.
        _lastVersion = Math.Max(expectedVersion + 1 + random.Below(1000), UtcNow.UtcTicks / 10);
        LeasedConnection saved = LeasedConnection.Saved(token, _lastVersion);
        Put(token.Key, row, saved);
        return SaveResult.Saved(saved.Token);
    }

    public DeleteResult Delete(TokenKey key)
    {
        LeasedConnection? row = _rows.GetValueOrDefault(key);
        if (row is not null)
            Put(key, row, null);
        return new DeleteResult(row is not null, row?.Token);
    }

    public IReadOnlyList<StoredToken> ClaimDue(string provider, string attemptId, int limit, TimeSpan lease)
    {
        List<StoredToken> claimed = [];
        foreach (LeasedConnection row in _rows.Values.Where(row => row.Token.Key.IsOf(provider) && row.IsDueFor(attemptId, Elapsed, UtcNow)).OrderBy(static row => row.Token.NextRefreshAt).Take(limit).ToList())
        {
            (LeasedConnection begun, _) = row.Begin(attemptId, lease, Elapsed, UtcNow);
            Put(begun.Token.Key, row, begun);
            claimed.Add(begun.Token);
        }

        return claimed;
    }

    public IReadOnlyList<TokenKey> FindByAccount(string provider, string accountId, string? tenant) =>
        [.. _rows.Values.Where(row => row.Token.Key.IsOf(provider) && row.Token.IsOfAccount(accountId, tenant)).Select(static row => row.Token.Key)];

    public IReadOnlyList<StoredConnection> List(string provider, TokenKey? after, int limit) =>
    [
        .. _rows.Values.Where(row => row.Token.Key.IsOf(provider) && (after is not { } last || TokenKeyOrder.Instance.Compare(row.Token.Key, last) > 0)).Take(limit).Select(static row => row.Token.ToConnection()),
    ];

    /// <summary>Goes back to an earlier state. Never to one before a user connected or disconnected: a row that is gone says nothing of why.</summary>
    /// <returns>By how much, and how many rows are older than they were.</returns>
    public (TimeSpan By, int Rows) GoBack(TimeSpan by)
    {
        long to = scheduler.Now - by.Ticks;
        WentBackAt = scheduler.Now;
        foreach ((long at, _, _, bool isConnection) in _journal)
        {
            if (isConnection)
                to = Math.Max(to, at);
        }

        Dictionary<TokenKey, StoredToken?> before = _rows.ToDictionary(static row => row.Key, static row => (StoredToken?)row.Value.Token);
        int undone = 0;
        while (_journal.Count > 0 && _journal[^1].At > to)
        {
            (_, TokenKey key, LeasedConnection? former, _) = _journal[^1];
            _journal.RemoveAt(_journal.Count - 1);
            if (former is null)
                _rows.Remove(key);
            else
                _rows[key] = former;
            undone++;
        }

        int older = 0;
        foreach ((TokenKey key, LeasedConnection row) in _rows)
        {
            if (before.GetValueOrDefault(key) is { } newer && !string.Equals(newer.Tokens.RefreshToken, row.Token.Tokens.RefreshToken, StringComparison.Ordinal))
            {
                older++;
                _changed[key] = scheduler.Now;
                WentBack?.Invoke(newer, row.Token);
            }
        }

        return (TimeSpan.FromTicks(scheduler.Now - to), undone == 0 ? 0 : older);
    }

    /// <summary>Called for each row whose refresh token is an older one after the store went back.</summary>
    public Action<StoredToken, StoredToken>? WentBack { get; set; }

    private void Put(TokenKey key, LeasedConnection? before, LeasedConnection? after)
    {
        if (ReferenceEquals(before, after))
            return;
        _journal.Add((scheduler.Now, key, before, before is null || after is null || !string.Equals(GrantOf(before), GrantOf(after), StringComparison.Ordinal)));
        if (after is null)
            _rows.Remove(key);
        else
            _rows[key] = after;
        _changed[key] = scheduler.Now;
        Changed?.Invoke(before?.Token, after?.Token);
    }

    private static string? GrantOf(LeasedConnection row) => row.Token.Tokens.RefreshToken is { } token ? token[..token.LastIndexOf('.')] : null;
}
