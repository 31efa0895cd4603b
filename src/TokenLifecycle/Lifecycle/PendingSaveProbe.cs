namespace TokenLifecycle.Lifecycle;

/// <summary>Probes the store once a second while any save is pending, however many there are.</summary>
internal sealed class PendingSaveProbe(WorkScheduler work, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    /// <summary>The pause between probes. Shorter than any watch of a process that takes over (docs/adr/0017).</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private bool _isRunning;
    private bool _isWanted;
    private bool _isDisposed;

    /// <summary>Starts probing unless it is already running.</summary>
    /// <param name="probe">Gets the number of the turn and returns whether any save is still pending.</param>
    public void Start(Func<int, Task<bool>> probe)
    {
        lock (_lock)
        {
            _isWanted = true;
            if (_isRunning || _isDisposed)
                return;
            _isRunning = true;
        }

        _ = work.Run(() => RunAsync(probe, _disposed.Token));
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

    private async Task RunAsync(Func<int, Task<bool>> probe, CancellationToken disposed)
    {
        int turn = 0;
        for (TimeSpan pause = FirstPause; ; pause = Pause)
        {
            await Task.Delay(pause, time, disposed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (disposed.IsCancellationRequested)
                return;

            lock (_lock)
                _isWanted = false;
            bool waits = await probe(turn++).ConfigureAwait(false);
            lock (_lock)
            {
                // Something may have come to wait since it was looked at.
                if (waits || _isWanted)
                    continue;
                _isRunning = false;
                return;
            }
        }
    }
}
