namespace TokenLifecycle.Storage;

/// <summary>A connection that a user is about to make.</summary>
internal interface INewConnection
{
    /// <summary>
    /// Saves the tokens, or keeps them and saves them as soon as the store answers: they exist nowhere else, and the code that they were
    /// issued for is spent.
    /// </summary>
    /// <param name="key">Whose connection.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="before">The row that was read before; <see langword="null"/> if there was none, or it could not be read.</param>
    /// <exception cref="ReauthorizationRequiredException">The connection belongs to another account, and stays unchanged.</exception>
    /// <exception cref="TokenTemporarilyUnavailableException">The tokens were not saved and are not kept: the stored row cannot be read, or
    /// changes all the time.</exception>
    Task SaveAsync(TokenKey key, TokenSet tokens, StoredToken? before);
}
