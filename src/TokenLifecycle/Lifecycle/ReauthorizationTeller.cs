using System.Collections.Concurrent;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Sees to it that whoever must reconnect is told at least once, also if the process ends in between: the verdict is stored together with a time to tell again, which is
/// cleared when every observer has taken the event. Until then the sweep finds the row due. Observers are told outside of every lease and place (docs/adr/0023).
/// </summary>
internal sealed class ReauthorizationTeller(StoreAccess store, TokenEvents events, WorkScheduler work, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseBeforeTellingAgain = TimeSpan.FromMinutes(5);

    /// <summary>While an observer of this process does not return: another process may tell meanwhile.</summary>
    private static readonly TimeSpan PauseWhileStuck = TimeSpan.FromSeconds(30);

    /// <summary>What is being told, by connection and version of its tokens.</summary>
    private readonly ConcurrentDictionary<(TokenKey Key, long Version), Task> _telling = new();

    /// <summary>When to tell again unless it is noted before that somebody was told; null if there is nobody to tell.</summary>
    public DateTimeOffset? NextTelling() => events.HasObservers ? time.GetUtcNow() + RefreshTiming.Max(Patience, events.Timeout + Patience / 2) : null;

    /// <summary>Tells of a verdict that has just been stored.</summary>
    public void Tell(StoredToken ended)
    {
        if (events.HasObservers)
            Begin(ended);
    }

    /// <summary>Tells of a verdict whose row the sweep has claimed: gives the lease back with a time to tell again, and only then tells.</summary>
    public async Task TellAgainAsync(StoredToken claimed, string attemptId)
    {
        DateTimeOffset? next = !events.HasObservers ? null
            : time.GetUtcNow() + (events.IsStuck ? PauseWhileStuck : RefreshTiming.Max(PauseBeforeTellingAgain, events.Timeout * 2));
        var ending = new RefreshEnding { TakeBackIntent = true, NextRefreshAt = next };

        // What has changed meanwhile is not told any more: its user has reconnected, or another process tells.
        if (await store.EndRefreshAsync(claimed.Key, attemptId, claimed.Version, ending).ConfigureAwait(false) && next is not null)
            Begin(claimed);
    }

    /// <summary>Ends when all that is being told has been taken and noted, or was refused; after the time that an observer has for one event at the latest.</summary>
    public Task WhenToldAsync(CancellationToken cancellationToken) =>
        WithinAsync(Task.WhenAll(_telling.Values), cancellationToken);

    private async Task WithinAsync(Task told, CancellationToken cancellationToken) =>
        await told.WaitAsync(events.Timeout + Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Begins to tell, unless the same is being told already.</summary>
    private void Begin(StoredToken ended)
    {
        var done = work.CreateSource<bool>();
        if (_telling.TryAdd((ended.Key, ended.Version), done.Task))
            _ = TellAndNoteAsync(ended, done);
    }

    private async Task TellAndNoteAsync(StoredToken ended, TaskCompletionSource<bool> done)
    {
        try
        {
            if (await events.TellAsync(EventOf(ended)).ConfigureAwait(false))
                await NoteAsync(ended).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Logged by StoreAccess. The time to tell again stands in the row.
        }
        finally
        {
            _telling.TryRemove((ended.Key, ended.Version), out _);
            work.Complete(done, true);
        }
    }

    /// <summary>Clears the time to tell again, if the row is still the one that was told of: a lease for two statements, in which nothing but the store is called.</summary>
    private async Task NoteAsync(StoredToken ended)
    {
        string attemptId = work.NewId();
        RefreshClaim claim = await store.BeginRefreshAsync(ended.Key, attemptId).ConfigureAwait(false);
        if (claim is not { Kind: RefreshClaimKind.Acquired, Token: { } row })
            return;

        // Another verdict on other tokens would be another thing to tell.
        bool isSame = row.Version == ended.Version && row.Reauthorization is not null;
        await store.EndRefreshAsync(ended.Key, attemptId, row.Version, new RefreshEnding { TakeBackIntent = true, NextRefreshAt = isSame ? null : row.NextRefreshAt }).ConfigureAwait(false);
    }

    private static TokenEvent EventOf(StoredToken ended) => new()
    {
        Kind = TokenEventKind.ReauthorizationRequired,
        Provider = ended.Key.Provider,
        Key = ended.Key,
        At = ended.Failure?.At ?? ended.ReceivedAt,
        Reason = ended.Reauthorization,
        Failure = ended.Failure,
    };
}
