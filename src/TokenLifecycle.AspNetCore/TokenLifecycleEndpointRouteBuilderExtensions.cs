using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoints by which users connect.</summary>
public static class TokenLifecycleEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps connect, callback, reconnect, disconnect, refresh and status under a path. The redirect address to register with a provider is
    /// <c>{PublicOrigin}{prefix}/{provider}/callback</c>. Every endpoint demands a signed-in user, unless the provider is one to sign in
    /// by.
    /// </summary>
    /// <param name="endpoints">The app.</param>
    /// <param name="prefix">The path.</param>
    /// <returns>The group, for further conventions such as a rate limit.</returns>
    /// <exception cref="InvalidOperationException"><c>AddTokenLifecycle().AddConnectionEndpoints()</c> was not called.</exception>
    public static RouteGroupBuilder MapTokenLifecycle(this IEndpointRouteBuilder endpoints, string prefix = "/connections")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        PublicAddresses addresses = endpoints.ServiceProvider.GetService<PublicAddresses>()
            ?? throw new InvalidOperationException("MapTokenLifecycle needs its services: call builder.Services.AddTokenLifecycle().AddConnectionEndpoints(o => o.PublicOrigin = \"https://app.example.com\") before builder.Build().");
        TokenLifecycleWebOptions options = endpoints.ServiceProvider.GetRequiredService<IOptions<TokenLifecycleWebOptions>>().Value;
        addresses.Mapped(prefix);
        Warn(endpoints.ServiceProvider);

        RouteGroupBuilder group = endpoints.MapGroup(prefix).WithTags("Connections");
        const string provider = PublicAddresses.ProviderPart;
        group.MapGet("", Run<ConnectionEndpoints>(static e => e.ListAsync))
            .Describe("ListConnections", "The current user's connections", typeof(EndpointDescription.Alone), json: typeof(ConnectionList)).RequireAuthorization();
        if (options.OperatorPolicy is { } policy)
        {
            group.MapGet("/overview", Run<ConnectionEndpoints>(static e => e.OverviewAsync))
                .Describe("ConnectionOverview", "How all connections are doing, for operators", typeof(EndpointDescription.Alone), json: typeof(Overview)).RequireAuthorization(policy);
        }

        // These authorize each request themselves, as the provider allows it: EndpointAccess. AllowAnonymous keeps the app's fallback
        // policy away, which would
        // send the code of a callback on to a login page.
        group.MapGet(provider + "/connect", Run<ConnectionEndpoints>(static e => e.ShowAsync))
            .Describe("ShowConnection", "A page with the connection and the button to connect", typeof(EndpointDescription.OfProvider)).AllowAnonymous();
        group.MapPost(provider + "/connect", Run<ConnectionEndpoints>(static e => e.ConnectAsync))
            .Describe("Connect", "Begins to connect or reconnect: 303 to the provider", typeof(EndpointDescription.Posted), StatusCodes.Status303SeeOther).AllowAnonymous();
        group.MapGet(provider + "/result", Run<CallbackEndpoints>(static e => e.ResultAsync))
            .Describe("ConnectionResult", "How connecting went", typeof(EndpointDescription.OfAttempt)).AllowAnonymous();

        // Only providers call these, so they are not part of API documents.
        group.MapGet(provider + "/callback", Run<CallbackEndpoints>(static e => e.CallbackAsync)).WithName("TokenLifecycle.ConnectionCallback").ExcludeFromDescription().AllowAnonymous();
        group.MapPost(provider + "/callback", Run<CallbackEndpoints>(static e => e.PostedAsync)).WithName("TokenLifecycle.ConnectionPostedCallback").ExcludeFromDescription().AllowAnonymous();
        group.MapPost(provider + "/disconnect", Run<ConnectionEndpoints>(static e => e.DisconnectAsync))
            .Describe("Disconnect", "Revokes at the provider, then deletes", typeof(EndpointDescription.Posted), json: typeof(DisconnectReport)).RequireAuthorization();
        group.MapPost(provider + "/refresh", Run<ConnectionEndpoints>(static e => e.RefreshAsync))
            .Describe("RefreshConnection", "Refreshes if there is need", typeof(EndpointDescription.Posted), json: typeof(ConnectionReport)).RequireAuthorization();
        ((IEndpointConventionBuilder)group).Add(endpoint =>
        {
            if (endpoint is RouteEndpointBuilder route)
                addresses.LearnPrefix(route);
        });
        return group;
    }

    /// <summary>
    /// Maps Strava's webhook: the address to give as <c>callback_url</c> when creating the subscription. Anonymous, because Strava is; what
    /// it reports is confirmed by a refresh before anything changes.
    /// </summary>
    /// <param name="endpoints">The app.</param>
    /// <param name="pattern">The path.</param>
    /// <param name="configure">At least <see cref="StravaWebhookOptions.VerifyToken"/>, and
    /// <see cref="StravaWebhookOptions.SubscriptionId"/> or <see cref="StravaWebhookOptions.PathSecret"/>.</param>
    /// <exception cref="InvalidOperationException">A setting is missing, or <c>AddTokenLifecycle().AddConnectionEndpoints()</c> was not
    /// called.</exception>
    public static IEndpointConventionBuilder MapStravaWebhook(this IEndpointRouteBuilder endpoints, string pattern, Action<StravaWebhookOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new StravaWebhookOptions();
        configure(options);
        if (string.IsNullOrEmpty(options.VerifyToken))
            throw new InvalidOperationException("MapStravaWebhook needs the verify_token that the subscription was created with: set o.VerifyToken from a secret, for example builder.Configuration[\"Strava:WebhookVerifyToken\"].");
        if (options.PathSecret.Length > 0 && !StravaWebhook.IsUsableSecret(options.PathSecret))
            throw new InvalidOperationException("The PathSecret of MapStravaWebhook must be at least 16 letters, digits, hyphens or underscores: make one with RandomNumberGenerator.GetHexString(32), and keep it with the verify token.");
        if (options.PathSecret.Length == 0 && options.SubscriptionId is null)
        {
            throw new InvalidOperationException(
                "MapStravaWebhook needs a way to recognize Strava's events, because anyone can post to the address: set o.SubscriptionId to the id that Strava returned, or o.PathSecret to a random text that you append to the callback_url.");
        }

        IRevocationHints reports = endpoints.ServiceProvider.GetService<IRevocationHints>()
            ?? throw new InvalidOperationException("MapStravaWebhook needs its services: call builder.Services.AddTokenLifecycle().AddConnectionEndpoints(...) before builder.Build().");
        var webhook = new StravaWebhook(options, reports);
        RouteGroupBuilder group = endpoints.MapGroup(pattern).AllowAnonymous().ExcludeFromDescription();
        // Not part of the pattern, which is in logs and metrics.
        string secret = options.PathSecret.Length > 0 ? $"/{{{StravaWebhook.SecretPart}}}" : "";
        group.MapGet(secret, Shell.Around(webhook.ProveAsync));
        group.MapPost(secret, Shell.Around(webhook.ReceiveAsync));
        return group;
    }

    private static RequestDelegate Run<T>(Func<T, Func<HttpContext, Task>> handler)
        where T : notnull => Shell.Around(context => handler(context.RequestServices.GetRequiredService<T>())(context));

    // LG-6: the framework's own request log holds the whole query.
    private static void Warn(IServiceProvider services)
    {
        ILoggerFactory loggers = services.GetRequiredService<ILoggerFactory>();
        if (loggers.CreateLogger(RequestLogFilter.Category).IsEnabled(LogLevel.Information))
            WebLog.CallbackQueriesAreLogged(loggers.CreateLogger("TokenLifecycle.AspNetCore"));
    }
}
