namespace TokenLifecycle.Storage;

/// <summary>
/// A store that can check whether it can be used. Implemented by the store itself; called at startup and by the health check.
/// </summary>
public interface ITokenStoreCheck
{
    /// <summary>
    /// Looks for what would make reads or writes fail: a missing table or column, a folder that cannot be written. Changes no connection.
    /// </summary>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <returns>Everything that is wrong; empty if the store is fit.</returns>
    Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(CancellationToken cancellationToken);
}
