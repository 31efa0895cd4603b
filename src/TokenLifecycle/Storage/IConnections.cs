namespace TokenLifecycle.Storage;

/// <summary>
/// The app's connections for the packages beside the core: each call has the store's deadline, tokens are readable, and new ones are kept
/// until they are saved.
/// </summary>
internal interface IConnections
{
    /// <summary>Reads one row.</summary>
    /// <exception cref="UnreadableTokenException">There is a row, but it cannot be read.</exception>
    Task<StoredToken?> FindAsync(TokenKey key);

    /// <summary>Finds the connections that go to an account at the provider. A store that cannot search knows of none.</summary>
    Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant);

    /// <summary>Whether the store can be searched.</summary>
    bool IsSearchable { get; }

    /// <inheritdoc cref="ISearchableTokenStore.ListAsync"/>
    Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit);

    /// <summary>Begins to connect a user: reads the settings, so that nothing has to be read once there are tokens (law 4).</summary>
    /// <exception cref="ProviderConfigurationException">The provider is unknown or its settings are wrong.</exception>
    INewConnection Begin(string provider);
}
