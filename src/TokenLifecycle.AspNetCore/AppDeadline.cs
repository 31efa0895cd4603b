using TokenLifecycle.Protocol;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Waits for the app's code and for stores with a deadline, so that none of it blocks a browser or the start permanently. Work that does
/// not return is abandoned; a stall of this process is not
/// taken for theirs.
/// </summary>
internal sealed class AppDeadline(TimeProvider time)
{
    private readonly StallWatch _stalls = new(time);

    /// <param name="what">What is called, to name it in a message.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="call">The call. Its thread is not the caller's, as it may block.</param>
    /// <exception cref="TimeoutException">It has not returned within the deadline.</exception>
    public async Task<T> RunAsync<T>(string what, TimeSpan deadline, Func<CancellationToken, Task<T>> call)
    {
        var end = new CancellationTokenSource();
        Task<T> running = Task.Run(() => call(end.Token), CancellationToken.None);
        if (await _stalls.EndsAsync(running, deadline).ConfigureAwait(false))
            return await running.ConfigureAwait(false);

        _ = Task.Run(end.Cancel, CancellationToken.None); // What was registered with the token is the app's, too.
        _ = running.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        throw new TimeoutException($"{what} did not answer within {deadline}.");
    }
}
