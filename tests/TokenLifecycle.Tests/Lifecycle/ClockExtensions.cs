using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

internal static class ClockExtensions
{
    /// <summary>
    /// Lets the clock run from timer to timer until the work is done. Only for work that waits for the clock and for nothing else: a request on its way
    /// would meet its deadline.
    /// </summary>
    public static async Task RunAsync(this ManualTimeProvider clock, Task work)
    {
        while (!work.IsCompleted)
        {
            using var give = new CancellationTokenSource();
            Task timer = clock.WaitForTimersAsync(1, give.Token);
            if (await Task.WhenAny(work, timer) == work)
                await give.CancelAsync();
            else if (clock.NextTimerIn is { } next)
                clock.Advance(next);
        }
    }
}
