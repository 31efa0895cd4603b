using TokenLifecycle.Concurrency;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.State;

/// <summary>
/// Calls a store with a deadline. A store, or a protector before it, that blocks its thread is called on another thread, so that the
/// deadline holds all the same (docs/adr/0023); a call that does not end is left behind. A store that never returns would take one thread
/// after another, so it is hardly called any more while many of its calls have not returned.
/// </summary>
internal sealed class StoreDeadline(WorkScheduler work, TimeProvider time)
{
    /// <summary>So many calls at most are left behind, apart from those that find out whether the store has recovered.</summary>
    private const int MostLeftBehind = 64;

    /// <summary>How often one call finds out.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long a store has to return after its call was canceled.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly StallWatch _stalls = new(time);
    private readonly Lock _lock = new();
    private int _leftBehind;
    private long _probedAt;

    /// <param name="deadline">How long the store may take.</param>
    /// <param name="call">The call.</param>
    /// <param name="mayBlock">Whether the call may block its thread.</param>
    /// <exception cref="TimeoutException">The store has not answered within the deadline.</exception>
    public async Task<T> RunAsync<T>(TimeSpan deadline, Func<CancellationToken, Task<T>> call, bool mayBlock)
    {
        ThrowIfNothingReturns();
        var source = new CancellationTokenSource();
        Task<T> running = mayBlock ? ApartAsync(call, source.Token) : call(source.Token);
        if (running.IsCompleted || await _stalls.EndsAsync(running, deadline).ConfigureAwait(false))
            return await EndedAsync(running).ConfigureAwait(false);

        // On another thread: what the store has registered with the token runs there, and a database driver may open a connection to
        // cancel.
        _ = work.Run(() =>
        {
            source.Cancel();
            return Task.CompletedTask;
        });
        await ((Task)running).WaitAsync(Grace, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCompleted)
            return await EndedAsync(running).ConfigureAwait(false);

        LeaveBehind(running);
        throw new TimeoutException($"The token store did not answer within {deadline}.");
    }

    /// <summary>On a thread that holds nothing. Spans of the store belong to the work that calls it.</summary>
    private async Task<T> ApartAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        ExecutionContext? context = ExecutionContext.Capture();
        Task<T>? running = null;
        await work.Run(() =>
        {
            if (context is null)
                running = call(cancellationToken);
            else
                ExecutionContext.Run(context, _ => running = call(cancellationToken), null);
            return running!;
        }).ConfigureAwait(false);
        return await running!.ConfigureAwait(false);
    }

    private void ThrowIfNothingReturns()
    {
        lock (_lock)
        {
            if (_leftBehind < MostLeftBehind)
                return;
            if (time.GetElapsedTime(_probedAt) >= ProbeInterval)
                _probedAt = time.GetTimestamp();
            else
                throw new TimeoutException($"{_leftBehind} calls to the token store have not returned. It is called once a minute until one does.");
        }
    }

    private Task<T> EndedAsync<T>(Task<T> running)
    {
        lock (_lock)
        {
            if (_leftBehind >= MostLeftBehind)
                _leftBehind = 0; // It answers again; what has not returned by now is forgotten.
        }

        return running;
    }

    private void LeaveBehind(Task running)
    {
        lock (_lock)
        {
            if (++_leftBehind == MostLeftBehind)
                _probedAt = time.GetTimestamp();
        }

        _ = running.ContinueWith(
            late =>
            {
                _ = late.Exception; // No caller is left to be notified.
                lock (_lock)
                    _leftBehind = Math.Max(_leftBehind - 1, 0);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
