using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Sees to it that whoever must reconnect is told at least once, also if the process ends in between: the verdict is stored together with a time to tell again, which is
/// cleared when every observer has taken the event. Until then the sweep finds the row due.
/// </summary>
internal sealed class ReauthorizationTeller(StoreAccess store, TokenEvents events, WorkScheduler work, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromMinutes(5);

    /// <summary>When to tell again unless it is noted before that somebody was told; null if there is nobody to tell.</summary>
    public DateTimeOffset? NextTelling() => events.HasObservers ? time.GetUtcNow() + Patience : null;

    /// <summary>Tells of a verdict that has just been stored.</summary>
    public void Tell(StoredToken ended)
    {
        if (events.HasObservers)
            _ = TellAndNoteAsync(ended);
    }

    /// <summary>Tells of a verdict whose row the sweep has claimed.</summary>
    public async Task TellAgainAsync(StoredToken claimed, string attemptId)
    {
        bool taken = await events.TellAsync(EventOf(claimed)).ConfigureAwait(false);
        var ending = new RefreshEnding { TakeBackIntent = true, NextRefreshAt = taken ? null : time.GetUtcNow() + PauseAfterRefusal };
        await store.EndRefreshAsync(claimed.Key, attemptId, claimed.Version, ending).ConfigureAwait(false);
    }

    private async Task TellAndNoteAsync(StoredToken ended)
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
    }

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
