using TokenLifecycle.Concurrency;
using TokenLifecycle.Options;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;

namespace TokenLifecycle.Background;

/// <summary>
/// Keeps acquired rows that have to be watched (<see cref="TakeoverWatch"/>) from holding places of the background refresh: a process that
/// crashed may have left many, and each is watched for
/// seconds, while the other connections that are due could be refreshed.
/// </summary>
internal sealed class TakeoverWatches(TakeoverWatch takeover, WorkScheduler work)
{
    /// <summary>So many are watched at once. Each watch writes to the store twice a second.</summary>
    private const int Most = 32;

    /// <summary>When a row is looked at again for which no watch was free.</summary>
    public static readonly TimeSpan Later = TimeSpan.FromSeconds(30);

    private readonly AsyncSemaphore _free = new(work, Most);

    /// <summary>Gives the place of a row back if the row has to be watched first.</summary>
    /// <param name="claimed">The row.</param>
    /// <param name="provider">The settings of its provider.</param>
    /// <param name="leave">Gives its place back.</param>
    /// <param name="watch">To dispose when the refresh has finished; <see langword="null"/> if there is nothing to watch.</param>
    /// <returns><see langword="false"/> if too many are watched already.</returns>
    public bool TryBegin(ClaimedRow claimed, OAuthProviderOptions provider, Action leave, out IDisposable? watch)
    {
        watch = null;
        if (!takeover.IsNeeded(claimed.Row, claimed.AttemptId, provider))
            return true;
        if (!_free.TryTake())
            return false;

        leave();
        watch = new Watch(_free);
        return true;
    }

    private sealed class Watch(AsyncSemaphore free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
