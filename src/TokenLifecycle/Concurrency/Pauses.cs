namespace TokenLifecycle.Concurrency;

/// <summary>Waits for a time.</summary>
internal static class Pauses
{
    /// <summary>
    /// Waits for a time. Unlike <see cref="Task.Delay(TimeSpan, TimeProvider, CancellationToken)"/>, which resumes on the pool when it is
    /// canceled, continues on the canceling thread (docs/adr/0027).
    /// </summary>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public static async Task PauseAsync(this TimeProvider time, TimeSpan span, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await new TaskCompletionSource().Task.WaitAsync(span, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
