namespace TokenLifecycle.Lifecycle;

/// <summary>Waits.</summary>
internal static class Pauses
{
    /// <summary>
    /// Waits for a time. Unlike <see cref="Task.Delay(TimeSpan, TimeProvider, CancellationToken)"/>, which resumes on the pool when it is cancelled, it goes on where it is cancelled (docs/adr/0027).
    /// </summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static async Task PauseAsync(this TimeProvider time, TimeSpan span, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await new TaskCompletionSource().Task.WaitAsync(span, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
