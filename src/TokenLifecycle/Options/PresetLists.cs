namespace TokenLifecycle.Options;

/// <summary>
/// The lists of a preset. Configuration binding appends to lists, so a preset cannot put them into the options before the app has had its
/// say: <see cref="OAuthProviderOptionsResolver"/> adds them afterwards.
/// </summary>
internal sealed class PresetLists
{
    /// <summary>Asked for if the app names none.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Allowed if neither the app nor the environment names any.</summary>
    public IReadOnlyList<string> ApiOrigins { get; init; } = [];

    /// <summary>Looked at if the app names none.</summary>
    public IReadOnlyList<GrantedScopesSource> GrantedScopesFrom { get; init; } = [];

    /// <summary>Tried after the app's.</summary>
    public IReadOnlyList<TokenErrorRule> ErrorRules { get; init; } = [];
}
