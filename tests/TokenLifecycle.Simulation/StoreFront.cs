using TokenLifecycle.Storage;

namespace TokenLifecycle.Simulation;

/// <summary>How the store, or a process's way to it, does at present.</summary>
internal enum StoreMode
{
    Up,
    Slow,
    Down,
    Hangs,
}

/// <summary>The ways to the store, and what is wrong with them.</summary>
internal sealed class StoreNetwork(Scheduler scheduler, SharedStore store, SeededRandom random, Trace trace)
{
    private readonly List<(Life Life, Action Resume)> _stuck = [];
    private readonly Dictionary<string, StoreMode> _partitions = new(StringComparer.Ordinal);
    private readonly List<(StoreMode Mode, int Id)> _windows = [];
    private int _ambiguous;

    public SharedStore Store => store;

    public SeededRandom Random => random;

    public Scheduler Scheduler => scheduler;

    public int Met { get; private set; }

    public StoreMode ModeOf(Life life) =>
        _windows.Count > 0 ? _windows.Max(static window => window.Mode) : _partitions.GetValueOrDefault(NodeOf(life));

    public bool IsUpFor(Life life) => ModeOf(life) == StoreMode.Up && _ambiguous == 0;

    public void Begin(StoreMode mode, int id) => _windows.Add((mode, id));

    public void End(int id)
    {
        _windows.RemoveAll(window => window.Id == id);
        Release();
    }

    public void Partition(string node, StoreMode mode) => _partitions[node] = mode;

    public void Reunite(string node)
    {
        _partitions.Remove(node);
        Release();
    }

    public void LoseAnswers(int count) => _ambiguous += count;

    public void Recover()
    {
        _windows.Clear();
        _partitions.Clear();
        _ambiguous = 0;
        Release();
    }

    public bool TakeAmbiguity()
    {
        if (_ambiguous == 0)
            return false;
        _ambiguous--;
        Met++;
        return true;
    }

    public void Stick(Life life, Action resume) => _stuck.Add((life, resume));

    public TimeSpan Latency(StoreMode mode) => mode == StoreMode.Slow ? random.Seconds(0.5, 9) : random.Chance(0.95) ? random.Seconds(0.0003, 0.006) : random.Seconds(0.006, 0.2);

    public void Say(Life life, string what) => trace.Line(scheduler.Now, life.ToString(), what);

    /// <summary>What was stuck comes through after all, or is lost on the way.</summary>
    private void Release()
    {
        foreach ((Life life, Action resume) in _stuck.ToArray())
        {
            if (ModeOf(life) == StoreMode.Hangs)
                continue;
            _stuck.Remove((life, resume));
            if (random.Chance(0.6))
                scheduler.After(random.Seconds(0, 0.05), null, "stuck statement arrives", resume);
        }
    }

    private static string NodeOf(Life life) => life.ToString().Split('.')[0];
}

/// <summary>One process's store: the shared one behind a network that fails.</summary>
internal sealed class StoreFront(StoreNetwork network, Life life, Action<StoredToken> saved, Action<string> violate) : ISearchableTokenStore
{
    public bool ReadsWithoutBlocking => true;

    private SharedStore Store => network.Store;

    public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) =>
        CallAsync("find", key.UserId, () => Store.Find(key), null, static row => row is null ? "no row" : Text(row), cancellationToken);

    public async Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        RefreshClaim claim;
        try
        {
            claim = await BeginAsync(key, attemptId, leaseDuration, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            life.Unanswered[key] = attemptId;
            throw;
        }

        if (claim.Kind == RefreshClaimKind.Acquired)
            life.Unanswered.Remove(key);
        else if (life.Unanswered.TryGetValue(key, out string? own) && own != attemptId && Store.LeaseOf(key)?.Owner == own)
            violate($"{life} is kept out of {key.UserId} by its own {own}, whose answer was lost");
        return claim;
    }

    private Task<RefreshClaim> BeginAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        CallAsync($"begin {attemptId}", key.UserId, () => Leased(Store.Begin(key, attemptId, leaseDuration)), null, static claim => $"{claim.Kind} {(claim.Token is { } row ? Text(row) : "")}", cancellationToken);

    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
        CallAsync($"end {attemptId}", key.UserId, () => Store.End(key, attemptId, version, ending), null,
            ended => ended ? $"ended: {ending.Failure?.Kind.ToString() ?? "nothing"} {ending.Reauthorization}" : "not its lease", cancellationToken);

    public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) =>
        CallAsync($"save {token.Tokens.RefreshToken}", token.Key.UserId, () => Store.Save(token, expectedVersion), result => Saved(result),
            static result => result.IsSaved ? "saved" : $"another row stands there: {(result.Token is { } row ? Text(row) : "none")}", cancellationToken);

    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) =>
        CallAsync("delete", key.UserId, () => Store.Delete(key), null, static _ => "deleted", cancellationToken);

    public Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        CallAsync($"claim {attemptId}", provider, () => Leased(Store.ClaimDue(provider, attemptId, limit, leaseDuration)), null,
            static rows => rows.Count == 0 ? "" : string.Join(", ", rows.Select(Text)), cancellationToken);

    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken) =>
        CallAsync("find account", accountId, () => Store.FindByAccount(provider, accountId, tenant), null, static _ => "", cancellationToken);

    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken) =>
        CallAsync("list", provider, () => Store.List(provider, after, limit), null, static _ => "", cancellationToken);

    private static string Text(StoredToken row) =>
        $"{row.Tokens.RefreshToken}{(row.Intent is { } intent ? $" x{intent.AttemptCount}" : "")}{(row.Reauthorization is { } reason ? $" ended: {reason}" : "")}";

    private RefreshClaim Leased(RefreshClaim claim)
    {
        if (claim is { Kind: RefreshClaimKind.Acquired, Token: { } row })
            Leased([row]);
        return claim;
    }

    private IReadOnlyList<StoredToken> Leased(IReadOnlyList<StoredToken> rows)
    {
        foreach (StoredToken row in rows)
            life.LeasedAt[row.Key] = network.Scheduler.Now;
        return rows;
    }

    private void Saved(SaveResult result)
    {
        if (result is { IsSaved: true, Token: { } row })
            saved(row);
    }

    private async Task<T> CallAsync<T>(string operation, string whose, Func<T> apply, Action<T>? delivered, Func<T, string> text, CancellationToken cancel)
    {
        network.Scheduler.CheckThread();
        var answered = new TaskCompletionSource<T>();
        if (life.IsDead)
            return await answered.Task.ConfigureAwait(false);

        // A driver that is told to stop mostly does; the statement may have been executed all the same.
        CancellationTokenRegistration registration = cancel.UnsafeRegister(
            _ =>
            {
                if (network.Random.Chance(0.75))
                    network.Scheduler.After(network.Random.Seconds(0, 0.02), life, "call cancelled", () => answered.TrySetCanceled(CancellationToken.None));
            },
            null);
        network.Scheduler.After(network.Latency(StoreMode.Up), null, "statement arrives", Arrive);
        try
        {
            return await answered.Task.ConfigureAwait(false);
        }
        finally
        {
            registration.Unregister();
        }

        void Arrive()
        {
            switch (network.ModeOf(life))
            {
                case StoreMode.Down:
                    Fail("the store is down");
                    return;
                case StoreMode.Hangs:
                    network.Say(life, $"store: {operation} {whose}: no answer");
                    network.Stick(life, Execute);
                    return;
                case StoreMode.Slow:
                    network.Scheduler.After(network.Latency(StoreMode.Slow), null, "slow statement", Execute);
                    return;
                default:
                    Execute();
                    return;
            }
        }

        void Execute()
        {
            if (network.TakeAmbiguity())
            {
                bool isApplied = network.Random.Chance(0.5);
                if (isApplied)
                    apply();
                Fail($"the answer is lost, {(isApplied ? "the statement executed" : "the statement not executed")}");
                return;
            }

            T result = apply();
            if (text(result) is { Length: > 0 } said)
                network.Say(life, $"store: {operation} {whose}: {said}");
            network.Scheduler.After(network.Latency(network.ModeOf(life)), life, "store answers", () =>
            {
                if (answered.Task.IsCompleted)
                    return;
                delivered?.Invoke(result);
                answered.TrySetResult(result);
            });
        }

        void Fail(string why)
        {
            network.Say(life, $"store: {operation} {whose}: {why}");
            network.Scheduler.After(network.Latency(StoreMode.Up), life, "store fails", () => answered.TrySetException(new IOException(why)));
        }
    }
}
