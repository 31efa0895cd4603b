using Microsoft.Extensions.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Which connections users may make: those that the app names, or else so many (FS-11).</summary>
internal sealed class ConnectionLimit(OverviewReader overview, IConnections connections, IOptions<TokenLifecycleWebOptions> options)
{
    /// <summary>Returns whether a name is one that the app knows, so that nothing has to be counted.</summary>
    public bool IsNamed(string connection) =>
        options.Value.ConnectionNames.Count == 0 ? connection == TokenKey.DefaultConnection : options.Value.ConnectionNames.Contains(connection, StringComparer.Ordinal);

    /// <summary>Returns whether the user may connect it. What is connected already may be connected again.</summary>
    public async Task<bool> AllowsAsync(TokenKey key, CancellationToken cancellationToken)
    {
        if (IsNamed(key.Connection))
            return true;
        if (options.Value.ConnectionNames.Count > 0 || !connections.IsSearchable)
            return false;
        IReadOnlyList<TokenKey> own = await overview.KeysOfAsync(key, cancellationToken).ConfigureAwait(false);
        return own.Contains(key) || own.Count < options.Value.MaxConnectionsPerUser;
    }
}
