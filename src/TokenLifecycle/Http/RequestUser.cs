namespace TokenLifecycle.Http;

/// <summary>
/// Finds out whose token a request needs: the request names the user, or the block of code it is sent from (<see cref="TokenUser"/>), or
/// the app's current user. There is no other fallback (MT-3).
/// </summary>
internal static class RequestUser
{
    private static readonly HttpRequestOptionsKey<(string UserId, string? Connection, string? Tenant)> OptionKey = new("TokenLifecycle.User");

    private static volatile bool _isEverNamed;

    /// <summary>The request says whose token it needs.</summary>
    public static void Name(HttpRequestMessage request, string userId, string? connection, string? tenant)
    {
        _isEverNamed = true;
        request.Options.Set(OptionKey, (userId, connection, tenant));
    }

    public static TokenKey KeyOf(HttpRequestMessage request, TokenHandlerSettings settings, ICurrentTokenUser? currentUser, ICurrentTokenTenant? currentTenant)
    {
        (string UserId, string? Connection, string? Tenant) named = ("", null, null);
        bool isNamed = _isEverNamed && request.Options.TryGetValue(OptionKey, out named); // To look into options is to make them: an app that names no user there is spared.
        if (settings.Fixed is { } key)
        {
            return !isNamed || (named.UserId, named.Connection ?? key.Connection) == (key.UserId, key.Connection)
                ? key.In(TenantOf(request, settings, currentTenant, named.Tenant))
                : throw NotApplicable(settings, request);
        }

        if (isNamed)
            return new TokenKey(settings.Provider, named.UserId, named.Connection ?? settings.Connection).In(TenantOf(request, settings, currentTenant, named.Tenant));
        if (TokenUser.Current is { } block)
        {
            if (!block.Ended)
            {
                return new TokenKey(settings.Provider, block.UserId, block.Connection ?? settings.Connection)
                    .In(TenantOf(request, settings, currentTenant, block.Tenant));
            }

            throw NotNamed(
                settings, request, "was sent by work that was started inside a TokenUser.BeginScope block and has outlived it. It was not sent",
                "Wait for that work before the block ends, or name the user on the request (request.ForUser(userId)).");
        }

        if (currentUser?.UserId is { Length: > 0 } signedIn)
            return settings.Application.Of(signedIn).In(TenantOf(request, settings, currentTenant, named: null));

        const string ways = "Name the user on the request (request.ForUser(userId)), around the call (using (TokenUser.BeginScope(userId)) { ... }), ";
        throw currentUser is null
            ? NotNamed(
                settings, request, "does not say whose. It was not sent",
                ways + "or once for the whole app: AddTokenLifecycle().AddConnectionEndpoints() in a web app, AddTokenLifecycle().UseCurrentUser(services => ...) elsewhere.")
            : NotNamed(
                settings, request, "names no user, and no user is signed in here (in a background job no user is). It was not sent",
                ways + "or let it be sent in a request that demands a user: app.MapGet(...).RequireAuthorization().");
    }

    /// <summary>
    /// The tenant that is named, else the client's, else the current one. In an app with tenants there is no other fallback (FS-2): not
    /// even to the app's own tokens.
    /// </summary>
    private static string? TenantOf(HttpRequestMessage request, TokenHandlerSettings settings, ICurrentTokenTenant? currentTenant, string? named)
    {
        if ((named ?? settings.Tenant) is { } tenant)
            return tenant;
        if (currentTenant is null)
            return null;
        return currentTenant.Tenant is { Length: > 0 } current ? current : throw new ProviderConfigurationException(
            settings.Provider,
            ProviderConfigurationReason.TenantNotNamed,
            $"A request to {AllowedOrigins.OriginOf(request.RequestUri!)} needs a {settings.Provider} token, but the app has tenants (UseCurrentTenant) and no tenant is current here (in a background job none is). "
            + "It was not sent. Name the tenant on the request (request.ForUser(userId, tenant: \"acme\")), around the call (using (TokenUser.BeginScope(userId, tenant: \"acme\")) { ... }), "
            + $"or for the client (AddTokenHandler(\"{settings.Provider}\", o => o.Tenant = \"acme\")). An empty tenant names the app's own connections, which belong to no tenant.");
    }

    /// <summary>A name that had no effect would send one user's request with another's token.</summary>
    private static ProviderConfigurationException NotApplicable(TokenHandlerSettings settings, HttpRequestMessage request) => new(
        settings.Provider,
        ProviderConfigurationReason.UserNotApplicable,
        $"A request to {AllowedOrigins.OriginOf(request.RequestUri!)} names a user with request.ForUser(...), but its HTTP client sends "
        + (settings.IsForApplication
            ? $"the application's own {settings.Provider} token (client credentials). It was not sent. Remove ForUser, or use a client whose provider issues tokens for users."
            : $"the {settings.Provider} token of one fixed user. It was not sent. Remove ForUser, or use a client without o.UserId in AddTokenHandler(\"{settings.Provider}\", o => ...)."));

    private static ProviderConfigurationException NotNamed(TokenHandlerSettings settings, HttpRequestMessage request, string problem, string remedy) => new(
        settings.Provider,
        ProviderConfigurationReason.UserNotNamed,
        $"A request to {AllowedOrigins.OriginOf(request.RequestUri!)} needs a {settings.Provider} token, but {problem}. {remedy}");
}
