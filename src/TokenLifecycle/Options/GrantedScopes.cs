namespace TokenLifecycle.Options;

/// <summary>Compares the requested scopes with the granted ones. Only a scope that is certainly missing is reported (FP-1).</summary>
internal static class GrantedScopes
{
    // They ask for an ID token or a refresh token; many providers grant them without reporting them.
    private static readonly string[] _neverReported = ["openid", "offline_access", "offline"];

    /// <summary>Returns the requested scopes that were not granted.</summary>
    /// <param name="options">The settings with the requested scopes.</param>
    /// <param name="granted">The scopes as the provider reports them.</param>
    public static IEnumerable<string> MissingOf(OAuthProviderOptions options, IReadOnlyList<string> granted) =>
        options.Scopes.Except(granted, StringComparer.Ordinal).Where(scope => !IsGranted(options, granted, scope));

    private static bool IsGranted(OAuthProviderOptions options, IReadOnlyList<string> granted, string scope) =>
        _neverReported.Contains(scope, StringComparer.Ordinal)
        || options.UnreportedScopes.Contains(scope, StringComparer.Ordinal)
        || (options.ScopeAliases.TryGetValue(scope, out string? alias) && granted.Contains(alias, StringComparer.Ordinal));
}
