using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using TokenLifecycle;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives an HTTP client the tokens of its requests' users.</summary>
public static class TokenHandlerHttpClientBuilderExtensions
{
    /// <summary>
    /// Attaches a provider's access token to every request of this client: over HTTPS, to allowed origins only, and never sends a request
    /// without it. After a 401 the token is refreshed and the request sent once more, if its body can be.
    /// </summary>
    /// <remarks>
    /// It stands next to the wire, whatever the order of the calls: each try of a resilience handler gets a token that is valid then, and
    /// no other handler and no log of the HTTP client factory sees the token. Which user: see <see cref="TokenRequestExtensions.ForUser"/>,
    /// <see cref="TokenUser"/> and <c>UseCurrentUser</c>.
    /// </remarks>
    /// <param name="builder">The client.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="allowedOrigins">The origins that may see the token; none to use the provider's
    /// <see cref="OAuthProviderOptions.ApiOrigins"/>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">What is given is not an origin: scheme (https, or http for loopback), host and port
    /// alone.</exception>
    public static IHttpClientBuilder AddTokenHandler(this IHttpClientBuilder builder, string provider, params string[] allowedOrigins)
    {
        ArgumentNullException.ThrowIfNull(allowedOrigins);
        return builder.AddTokenHandler(provider, options =>
        {
            foreach (string origin in allowedOrigins)
                options.AllowedOrigins.Add(origin);
        });
    }

    /// <summary>
    /// As <see cref="AddTokenHandler(IHttpClientBuilder, string, string[])"/>, for a client that uses one connection, one user, or its own
    /// way to find the current user.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="configure">Sets the connection, the user or the origins.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">An origin isn't one, or <see cref="TokenHandlerOptions.UserId"/> and
    /// <see cref="TokenHandlerOptions.CurrentUser"/> are both set.</exception>
    /// <exception cref="InvalidOperationException">The client has a token handler already.</exception>
    public static IHttpClientBuilder AddTokenHandler(this IHttpClientBuilder builder, string provider, Action<TokenHandlerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new TokenHandlerOptions();
        configure(options);
        string[] allowedOrigins = [.. options.AllowedOrigins];
        if (Array.FindIndex(allowedOrigins, origin => !IsOrigin(origin)) is >= 0 and var wrong)
        {
            throw new ArgumentException(
                $"Entry {wrong} is not an origin. Write scheme, host and, if need be, port, without a path: https://api.example.com. http is for loopback only.", nameof(configure));
        }

        if (options is { UserId: not null, CurrentUser: not null })
            throw new ArgumentException("Set UserId for a client that always acts for one user, or CurrentUser for one that asks for each request, but not both.", nameof(configure));
        _ = new TokenKey(provider, options.UserId ?? TokenKey.ApplicationUserId, options.Connection).In(options.Tenant); // Wrong parts are refused here.
        RefuseSecond(builder, provider);

        (string? userId, string connection, string? tenant) = (options.UserId, options.Connection, options.Tenant);
        object? currentUserKey = null;
        if (options.CurrentUser is { } currentUser)
        {
            currentUserKey = new object();
            builder.Services.AddKeyedSingleton<ICurrentTokenUser>(currentUserKey, (services, _) => new CurrentTokenUser(services, currentUser)); // A singleton, so that it gets the root services.
        }

        builder.Services.Configure<TokenHandlerRegistration>(builder.Name, registration => registration.Create = services => new AccessTokenHandler(
            services.GetService<ITokenManager>() ?? throw new InvalidOperationException(
                $"AddTokenHandler(\"{provider}\") needs its services: add builder.Services.AddTokenLifecycle().AddProvider(\"{provider}\", o => ...), or a preset such as .AddStrava(...), before builder.Build()."),
            SettingsOf(services, provider, allowedOrigins, connection, userId, tenant),
            currentUserKey is null ? SharedOrNull<ICurrentTokenUser>(services) : services.GetRequiredKeyedService<ICurrentTokenUser>(currentUserKey),
            SharedOrNull<ICurrentTokenTenant>(services),
            services.GetService<TimeProvider>() ?? TimeProvider.System));

        builder.Services.AddSingleton(new TokenHandlerUse(builder.Name, provider));

        // The first filter is the outermost, and so the last to add its handler.
        if (!builder.Services.Any(static service => service.ServiceType == typeof(IHttpMessageHandlerBuilderFilter) && service.ImplementationType == typeof(TokenHandlerFilter)))
            builder.Services.Insert(0, ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, TokenHandlerFilter>());
        return builder;
    }

    /// <summary>
    /// Of two token handlers on one client the last would win, and send its tokens where those of the other were meant (FH-7).
    /// </summary>
    private static void RefuseSecond(IHttpClientBuilder builder, string provider)
    {
        TokenHandlerUse? first = builder.Services
            .Where(static service => service.ServiceType == typeof(TokenHandlerUse))
            .Select(static service => service.ImplementationInstance as TokenHandlerUse)
            .FirstOrDefault(use => use is not null && (use.Client is null || builder.Name is null || string.Equals(use.Client, builder.Name, StringComparison.Ordinal)));
        if (first is not null)
        {
            throw new InvalidOperationException(
                $"The HTTP client {NameOf(builder.Name)} would have two token handlers: {NameOf(first.Client)} has AddTokenHandler(\"{first.Provider}\") already, and now AddTokenHandler(\"{provider}\") is added. "
                + "A request can carry one token. Remove one of the two, or use a separate client for each provider: services.AddHttpClient(\"name\").AddTokenHandler(...).");
        }
    }

    private static string NameOf(string? client) => client is null ? "of ConfigureHttpClientDefaults" : $"\"{client}\"";

    private static bool IsOrigin(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri.UserInfo.Length == 0
        && uri.PathAndQuery == "/"
        && uri.Fragment.Length == 0;

    /// <summary>
    /// A handler outlives requests and is shared by all users, and so is all that it holds. Of a scoped service it would hold one user's
    /// instance for everybody (AT-5), so such a registration is refused.
    /// </summary>
    private static TService? SharedOrNull<TService>(IServiceProvider services)
        where TService : class
    {
        TService? service = services.GetService<TService>();
        using IServiceScope other = services.CreateScope();
        if (ReferenceEquals(service, other.ServiceProvider.GetService<TService>()))
            return service;

        throw new InvalidOperationException(
            $"{typeof(TService).Name} must be registered as a singleton that looks it up on each call, for example through IHttpContextAccessor: HTTP handlers are shared by all users.");
    }

    /// <summary>
    /// The current settings. A change needs no notification: each request checks whether the options were changed since they were last
    /// read, and reads them again if so.
    /// </summary>
    private static Func<TokenHandlerSettings> SettingsOf(IServiceProvider services, string provider, string[] allowedOrigins, string connection, string? userId, string? tenant)
    {
        ProviderRegistry providers = services.GetRequiredService<ProviderRegistry>();
        var watched = services.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>() as LastGoodOptions<OAuthProviderOptions>; // An app may have put its own in the place.
        Made? made = null; // One reference, so that no thread sees half of a new one.
        return () =>
        {
            long? version = watched?.Version; // Read before the options: what changes meanwhile counts from the next request on.
            Made? known = Volatile.Read(ref made);
            if (known is not null && version is not null && known.Version == version)
                return known.Settings;

            OAuthProviderOptions options = providers.OptionsOf(provider);
            if (known is not null && ReferenceEquals(known.Options, options) && known.Version == version)
                return known.Settings;

            var origins = new AllowedOrigins(allowedOrigins.Length > 0 ? allowedOrigins : options.ApiOrigins, options.AllowHttpOnLoopback == true);
            known = new Made(version, options, new TokenHandlerSettings(provider, origins, options.GrantType == OAuthGrantType.ClientCredentials, connection, userId, tenant));
            Volatile.Write(ref made, known);
            return known.Settings;
        };
    }

    private sealed record Made(long? Version, OAuthProviderOptions Options, TokenHandlerSettings Settings);
}
