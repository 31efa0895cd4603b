namespace TokenLifecycle.Storage;

/// <summary>
/// A store that can say how many connections it holds. Optional: without it only the gauge and the health check of the connections stay
/// empty.
/// </summary>
public interface ITokenStoreStatistics
{
    /// <summary>
    /// Counts the connections, each once. Called at most once a minute, and the less often the longer it takes, so it may look at every
    /// row; but it must not lock them or keep refreshes waiting.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>One count for each provider and state that occurs.</returns>
    Task<IReadOnlyList<ConnectionCount>> CountAsync(CancellationToken cancellationToken);
}
