namespace TokenLifecycle;

/// <summary>
/// Refreshes what is due without a call for a token: for a cron job or an operator's button. <c>AddBackgroundRefresh()</c> does the same
/// automatically, all the time.
/// </summary>
public interface IRefreshSweeper
{
    /// <summary>
    /// Refreshes every connection whose refresh is due, through the same path and under the same leases as calls for a token. Any number of
    /// processes may do so at once; none refreshes what another has begun.
    /// </summary>
    /// <param name="provider">Only this provider's connections; <see langword="null"/> for all.</param>
    /// <param name="dryRun">Only counts what is due. Reads through all connections of the store, page by page.</param>
    /// <param name="progress">Reports after every batch.</param>
    /// <param name="cancellationToken">Begins nothing more; what has begun is finished and saved before the method returns.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="ProviderConfigurationException">No such provider is registered, or its settings are wrong.</exception>
    /// <exception cref="NotSupportedException">The store can only look up keys, so it cannot find what is due.</exception>
    Task<RefreshSweepReport> RefreshDueAsync(string? provider = null, bool dryRun = false, IProgress<RefreshSweepReport>? progress = null, CancellationToken cancellationToken = default);
}
