using TokenLifecycle.Concurrency;

namespace TokenLifecycle.State;

/// <summary>
/// Retries one pending save each second, however many there are, and whether or not the retries before it have finished. When one succeeds,
/// the others follow.
/// </summary>
internal sealed class PendingSaveRetries(PendingSaveQueue persistence, StoreAccess store, WorkScheduler work, TimeProvider time) : IDisposable
{
    /// <summary>How many saves run at the same time when the store is available again.</summary>
    private const int MostAtOnce = 8;

    /// <summary>How many retries wait for the store at most.</summary>
    private const int MostOutstanding = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    /// <summary>The pause between retries. Shorter than any watch of a process that takes over (docs/adr/0017).</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long most retries wait for the store. A retry may have got a dead connection, and must not keep the next one from a store that
    /// is available again. Every fourth retry waits as long as the settings allow, for a store that is slow.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>A store that fails within this time answers, and may accept the renewal of a lease.</summary>
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private int _outstanding;
    private int _isSettlingAll;
    private bool _isRunning;
    private bool _isWanted;
    private bool _isDisposed;

    /// <summary>Starts retrying unless it is already running.</summary>
    public void Start()
    {
        lock (_lock)
        {
            _isWanted = true;
            if (_isRunning || _isDisposed)
                return;
            _isRunning = true;
        }

        _ = work.Run(() => RunAsync(_disposed.Token));
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        _disposed.Cancel();
    }

    /// <summary>Retries all pending saves once, a few at a time. Ends early if the store accepts none.</summary>
    public async Task SettleAllAsync(TimeSpan? patience)
    {
        var places = new AsyncSemaphore(work, MostAtOnce);
        int failures = 0;
        List<Task> running = [];
        foreach (TokenKey key in persistence.Waiting)
        {
            await places.TakeAsync().ConfigureAwait(false);
            if (Volatile.Read(ref failures) >= MostAtOnce)
                break;
            running.Add(SettleAsync(key));
        }

        await Task.WhenAll(running).ConfigureAwait(false);

        async Task SettleAsync(TokenKey key)
        {
            try
            {
                if (await persistence.TrySettleAsync(key, patience).ConfigureAwait(false))
                    Volatile.Write(ref failures, 0);
                else
                    Interlocked.Increment(ref failures);
            }
            finally
            {
                places.Release();
            }
        }
    }

    private async Task RunAsync(CancellationToken disposed)
    {
        int turn = 0;
        for (TimeSpan pause = FirstPause; ; pause = Pause)
        {
            await Task.Delay(pause, time, disposed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (disposed.IsCancellationRequested)
                return;

            lock (_lock)
                _isWanted = false;
            if (Volatile.Read(ref _outstanding) < MostOutstanding)
                _ = TryAsync(turn++);
            lock (_lock)
            {
                // A save may have become pending since the check.
                if (_isWanted || persistence.PendingCount > 0)
                    continue;
                _isRunning = false;
                return;
            }
        }
    }

    private async Task TryAsync(int turn)
    {
        Interlocked.Increment(ref _outstanding);
        try
        {
            await ProbeAsync(turn).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Logged by StoreAccess. The next retry follows in any case.
        }
        finally
        {
            Interlocked.Decrement(ref _outstanding);
        }
    }

    /// <summary>Retries one row, a different one each turn, so that a single refused row does not block the others.</summary>
    private async Task ProbeAsync(int turn)
    {
        IReadOnlyList<TokenKey> waiting = persistence.Waiting;
        if (waiting.Count == 0)
            return;

        TokenKey key = waiting[turn % waiting.Count];
        TimeSpan? patience = turn % 4 == 3 ? null : Patience;
        long started = time.GetTimestamp();
        if (!await persistence.TrySettleAsync(key, patience).ConfigureAwait(false))
        {
            // Until the new tokens are in the store, no other process may send the stored refresh token, which was already used. A store
            // that does not answer assigns the lease to no other process either.
            if (time.GetElapsedTime(started) < Prompt && persistence.AttemptIdOf(key) is { } attemptId)
                await store.BeginRefreshAsync(key, attemptId).ConfigureAwait(false);
            return;
        }

        if (Interlocked.Exchange(ref _isSettlingAll, 1) != 0)
            return;
        try
        {
            await SettleAllAsync(patience).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isSettlingAll, 0);
        }
    }
}
