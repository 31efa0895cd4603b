namespace TokenLifecycle.Http;

/// <summary>What a token handler needs to know of its provider and of its client.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Origins">Where its tokens may go.</param>
/// <param name="IsForApplication">Whether its tokens belong to the app and to no user.</param>
/// <param name="Connection">The connection that is used if none is named.</param>
/// <param name="UserId">The user of all requests; null if each has its own.</param>
/// <param name="Tenant">The tenant of all requests that name none; null for the current one.</param>
internal sealed record TokenHandlerSettings(
    string Provider, AllowedOrigins Origins, bool IsForApplication, string Connection = TokenKey.DefaultConnection, string? UserId = null, string? Tenant = null)
{
    /// <summary>The key of the app itself, from which those of users are made.</summary>
    public TokenKey Application { get; } = TokenKey.ForApplication(Provider, Connection);

    /// <summary>The key of all requests; null if each has its own.</summary>
    public TokenKey? Fixed { get; } = IsForApplication ? TokenKey.ForApplication(Provider, Connection)
        : UserId is null ? null
        : new TokenKey(Provider, UserId, Connection);
}
