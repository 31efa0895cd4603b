using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>The calls that show the store's clock.</summary>
internal sealed partial class StoreAccess
{
    /// <param name="key">The connection.</param>
    /// <param name="attemptId">The id of the attempt.</param>
    /// <param name="isNew">Whether the id is used for the first time, so that a lease it takes shows the store's clock.</param>
    public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, bool isNew = false) => RunAsync(key, "begin refresh", async cancel =>
    {
        StoreClock.Reading before = clock.Read();
        RefreshClaim claim = await store.BeginRefreshAsync(key, attemptId, options.CurrentValue.LeaseDuration, cancel).ConfigureAwait(false);
        if (isNew && claim is { Kind: RefreshClaimKind.Acquired, Token.Intent: { } intent })
            clock.Observe(before, intent.LastAt);
        return clock.FromStore(claim);
    });

    /// <inheritdoc cref="BeginRefreshAsync"/>
    public Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, bool isNew) => RunAsync<IReadOnlyList<StoredToken>>(provider, "claim due", async cancel =>
    {
        StoreClock.Reading before = clock.Read();
        IReadOnlyList<StoredToken> rows = await ((ISearchableTokenStore)store).ClaimDueAsync(provider, attemptId, limit, options.CurrentValue.LeaseDuration, cancel).ConfigureAwait(false);
        if (isNew && rows is [{ Intent: { } intent }, ..])
            clock.Observe(before, intent.LastAt);
        return [.. rows.Select(row => clock.FromStore(row)!)];
    });

    /// <summary>
    /// Reads the store's clock once, before the first row is written whose due time depends on it. Later the leases show it.
    /// </summary>
    public async Task MeasureClockAsync()
    {
        if (clock.Measured is not null)
            return;

        try
        {
            StoreClock.Reading before = clock.Read();
            if (await CallAsync(options.CurrentValue.SaveTimeout, store.ReadClockAsync).ConfigureAwait(false) is { } noted)
                clock.Observe(before, noted);
        }
        catch (Exception)
        {
            // What follows fails as well, and is reported; or the first lease shows the clock.
        }
    }
}
