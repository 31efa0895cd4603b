using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// Translates between the times of a row in a store, of which those that are compared with the store's clock follow that clock, and the
/// same row in this process, where all times follow this process's clock (docs/adr/0024).
/// </summary>
internal static class StoreTimes
{
    /// <summary>Translates a row for the store.</summary>
    public static StoredToken ToStore(this StoreClock clock, StoredToken row) => Shift(row, clock.Ahead);

    /// <inheritdoc cref="ToStore(StoreClock, StoredToken)"/>
    public static RefreshCompletion ToStore(this StoreClock clock, RefreshCompletion ending) =>
        ending.NextRefreshAt is { } next && clock.Ahead != TimeSpan.Zero ? ending with { NextRefreshAt = next.Plus(clock.Ahead) } : ending;

    /// <summary>Translates a row from the store.</summary>
    public static StoredToken? FromStore(this StoreClock clock, StoredToken? row) => row is null ? null : Shift(row, -clock.Ahead);

    /// <inheritdoc cref="FromStore(StoreClock, StoredToken)"/>
    public static RefreshClaim FromStore(this StoreClock clock, RefreshClaim claim) => claim.Token is not { } row || clock.Ahead == TimeSpan.Zero ? claim
        : claim.Kind == RefreshClaimKind.Acquired ? RefreshClaim.Acquired(Shift(row, -clock.Ahead))
        : RefreshClaim.Held(Shift(row, -clock.Ahead));

    /// <inheritdoc cref="FromStore(StoreClock, StoredToken)"/>
    public static SaveResult FromStore(this StoreClock clock, SaveResult result) => result.Token is not { } row || clock.Ahead == TimeSpan.Zero ? result
        : result.IsSaved ? SaveResult.Saved(Shift(row, -clock.Ahead))
        : SaveResult.Conflict(Shift(row, -clock.Ahead));

    /// <inheritdoc cref="FromStore(StoreClock, StoredToken)"/>
    public static IReadOnlyList<StoredConnection> FromStore(this StoreClock clock, IReadOnlyList<StoredConnection> connections) => clock.Ahead is var ahead && ahead == TimeSpan.Zero
        ? connections
        : [.. connections.Select(connection => connection with { NextRefreshAt = connection.NextRefreshAt.Plus(-ahead), ReceivedAt = connection.ReceivedAt.Plus(-ahead) })];

    private static StoredToken Shift(StoredToken row, TimeSpan by) => by == TimeSpan.Zero
        ? row
        : row with
        {
            NextRefreshAt = row.NextRefreshAt.Plus(by),
            ReceivedAt = row.ReceivedAt.Plus(by),
            Intent = row.Intent is { } intent ? intent with { FirstAt = intent.FirstAt.Plus(by), LastAt = intent.LastAt.Plus(by) } : null,
        };
}
