namespace TokenLifecycle.Http;

/// <summary>Settings of the token handler of one HTTP client.</summary>
public sealed class TokenHandlerOptions
{
    /// <summary>Gets the origins that may receive the token. If empty, the provider's <c>ApiOrigins</c> apply.</summary>
    /// <value>The default value is an empty list.</value>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>
    /// Gets or sets the connection whose tokens the client uses. A connection that is named with
    /// <see cref="TokenRequestExtensions.ForUser"/>
    /// or <see cref="TokenUser.BeginScope"/> has precedence.
    /// </summary>
    /// <value>The default value is <see cref="TokenKey.DefaultConnection"/>.</value>
    public string Connection { get; set; } = TokenKey.DefaultConnection;

    /// <summary>
    /// Gets or sets the one user whose token every request of this client carries, for example the account of the company. A request that
    /// names another user is refused; <see cref="TokenUser"/> and the current user have no effect.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: each request has its own user.</value>
    public string? UserId { get; set; }

    /// <summary>
    /// Gets or sets the tenant of all requests of this client that name no other tenant. Empty for connections that belong to no tenant in
    /// an app with tenants.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: the current tenant (<see cref="ICurrentTokenTenant"/>), or none in an app
    /// without tenants.</value>
    public string? Tenant { get; set; }

    /// <summary>
    /// Gets or sets a function that returns the current user of this client's requests, in place of <c>UseCurrentUser</c>. It is called for
    /// each request that names no user, with the root services.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: the current user of the app.</value>
    public Func<IServiceProvider, string?>? CurrentUser { get; set; }
}
