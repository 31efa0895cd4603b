using System.Collections.Concurrent;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Notifications;

/// <summary>
/// Makes sure that a user who must reconnect is notified at least once, also if the process stops in between: the decision is stored
/// together with a time to notify again, which is
/// cleared when every observer has handled the event. Until then the background refresh finds the row due. Events are delivered outside
/// every lease and place (docs/adr/0023).
/// </summary>
internal sealed class ReauthorizationNotifier(StoreAccess store, TokenEventDispatcher events, UnsettledAttempts unsettled, WorkScheduler work, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseBeforeTellingAgain = TimeSpan.FromMinutes(5);

    /// <summary>The pause while an observer of this process does not return, so that another process can deliver the event.</summary>
    private static readonly TimeSpan PauseWhileStuck = TimeSpan.FromSeconds(30);

    /// <summary>The deliveries in progress, by connection and version of its tokens.</summary>
    private readonly ConcurrentDictionary<(TokenKey Key, long Version), Task> _telling = new();

    /// <summary>When to notify again unless a delivery is recorded before; null if there are no observers.</summary>
    public DateTimeOffset? NextTelling() => events.HasObservers ? time.GetUtcNow() + RefreshTiming.Max(Patience, events.Timeout + Patience / 2) : null;

    /// <summary>Notifies the observers of a decision that has just been stored.</summary>
    public void Tell(StoredToken ended)
    {
        if (events.HasObservers)
            Begin(ended);
    }

    /// <summary>
    /// Delivers the event of a row that the background refresh has acquired: releases the lease with a time to deliver again, and only then
    /// delivers the event.
    /// </summary>
    public async Task TellAgainAsync(StoredToken claimed, string attemptId)
    {
        DateTimeOffset? next = !events.HasObservers ? null
            : time.GetUtcNow() + (events.IsStuck ? PauseWhileStuck : RefreshTiming.Max(PauseBeforeTellingAgain, events.Timeout * 2));
        var ending = new RefreshCompletion { RefreshTokenNotUsed = true, NextRefreshAt = next };

        // If the row has changed meanwhile, nothing is delivered: the user has reconnected, or another process delivers the event.
        if (await store.CompleteRefreshAsync(claimed.Key, attemptId, claimed.Version, ending).ConfigureAwait(false) && next is not null)
            Begin(claimed);
    }

    /// <summary>
    /// Completes when all deliveries in progress were handled and recorded, or failed; at the latest after the time that an observer has
    /// for one event.
    /// </summary>
    public Task WhenToldAsync(CancellationToken cancellationToken) =>
        WithinAsync(Task.WhenAll(_telling.Values), cancellationToken);

    private async Task WithinAsync(Task told, CancellationToken cancellationToken) =>
        await told.WaitAsync(events.Timeout + Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Starts a delivery, unless the same one is already in progress.</summary>
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
            // Logged by StoreAccess. The time to notify again is in the row.
        }
        finally
        {
            _telling.TryRemove((ended.Key, ended.Version), out _);
            work.Complete(done, true);
        }
    }

    /// <summary>
    /// Clears the time to deliver again, if the row is unchanged. Holds a lease for two statements and calls only the store in between.
    /// </summary>
    private async Task NoteAsync(StoredToken ended)
    {
        // A healthy row, of a user who has reconnected, is left alone: its lease would keep callers waiting.
        if (!IsSame(await store.FindAsync(ended.Key).ConfigureAwait(false)))
            return;

        string attemptId = work.NewId();
        try
        {
            RefreshClaim claim = await store.BeginRefreshAsync(ended.Key, attemptId, isNew: true).ConfigureAwait(false);
            if (claim is not { Kind: RefreshClaimKind.Acquired, Token: { } row })
                return;

            DateTimeOffset? next = IsSame(row) ? null : row.NextRefreshAt;
            await store.CompleteRefreshAsync(ended.Key, attemptId, row.Version, new RefreshCompletion { RefreshTokenNotUsed = true, NextRefreshAt = next }).ConfigureAwait(false);
        }
        catch (Exception)
        {
            unsettled.Add(ended.Key, attemptId, wasSent: false);
            throw;
        }

        // Another decision about other tokens would be another event.
        bool IsSame(StoredToken? row) => row is { Reauthorization: not null } && row.Version == ended.Version;
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
