using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle;
using TokenLifecycle.AspNetCore;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what a web app needs.</summary>
public static class TokenLifecycleWebBuilderExtensions
{
    /// <summary>
    /// Adds what <c>app.MapTokenLifecycle("/connections")</c> needs, makes the signed-in user of a web request the user of the token
    /// handler, and turns token exceptions into problem details (with <c>app.UseExceptionHandler()</c>).
    /// </summary>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    /// <param name="configure">At least <see cref="TokenLifecycleWebOptions.PublicOrigin"/>, outside Development.</param>
    public static TokenLifecycleBuilder AddConnectionEndpoints(this TokenLifecycleBuilder builder, Action<TokenLifecycleWebOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        IServiceCollection services = builder.Services;
        OptionsBuilder<TokenLifecycleWebOptions> options = services.AddOptions<TokenLifecycleWebOptions>();
        if (configure is not null)
            options.Configure(configure);
        options.KeepAsOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TokenLifecycleWebOptions>, TokenLifecycleWebOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<OAuthProviderOptions>, ReconnectPaths>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OAuthProviderOptions>, SignInProviderValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<LoggerFilterOptions>, RequestLogFilter>());

        services.AddAntiforgery();
        services.AddAuthorization();
        services.AddHttpContextAccessor();
        services.TryAddSingleton<ICurrentTokenUser, WebUser>();
        services.TryAddSingleton<IAuthorizationRequestStore, InMemoryAuthorizationRequestStore>();
        services.TryAddSingleton<IConnectionSignIn, ClaimsSignIn>();
        if (!services.Any(service => service.ServiceType == typeof(WithdrawalReports)))
        {
            services.AddSingleton<WithdrawalReports>();
            services.AddSingleton<IRevocationHints>(provider => provider.GetRequiredService<WithdrawalReports>());
            services.AddHostedService(provider => provider.GetRequiredService<WithdrawalReports>());
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WebStartupDiagnostics>());
        services.TryAddSingleton<WebMetrics>();
        services.TryAddSingleton<PublicAddresses>();
        services.TryAddSingleton<BrowserCookie>();
        services.TryAddSingleton<PostedResponses>();
        services.TryAddSingleton<PendingRequests>();
        services.TryAddSingleton<AttemptCookies>();
        services.TryAddSingleton<RefusedCodes>();
        services.TryAddSingleton<FormTokens>();
        services.TryAddSingleton<FirstSignIns>();
        services.TryAddSingleton<ConnectionLimit>();
        services.TryAddScoped<EndpointAccess>();
        services.TryAddSingleton<ConnectionPages>();
        services.TryAddSingleton<OverviewReader>();
        services.TryAddSingleton<WebTenant>();
        services.TryAddScoped<ConnectionOwners>();
        services.TryAddScoped<OrphanedTokenRevoker>();
        services.TryAddScoped<ConnectionExchange>();
        services.TryAddScoped<ConnectionFlow>();
        services.TryAddScoped<ConnectionEndpoints>();
        services.TryAddScoped<AttemptRedeemer>();
        services.TryAddScoped<CallbackEndpoints>();
        return builder.AddTokenProblemDetails();
    }

    /// <summary>
    /// Makes the signed-in user of a web request the user of the token handler. Part of <see cref="AddConnectionEndpoints"/>; for an app
    /// that calls APIs but has no pages to connect.
    /// </summary>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    public static TokenLifecycleBuilder UseHttpContextUser(this TokenLifecycleBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddOptions<TokenLifecycleWebOptions>().KeepAsOnStart();
        builder.Services.Replace(ServiceDescriptor.Singleton<ICurrentTokenUser, WebUser>());
        return builder;
    }

    /// <summary>
    /// Turns token exceptions from anywhere in the app into problem details. Part of <see cref="AddConnectionEndpoints"/>; the app calls
    /// <c>app.UseExceptionHandler()</c>.
    /// </summary>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    public static TokenLifecycleBuilder AddTokenProblemDetails(this TokenLifecycleBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddProblemDetails();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<AspNetCore.Diagnostics.IExceptionHandler, TokenExceptionHandler>());
        return builder;
    }

    /// <summary>
    /// Adds one of the app's own ways to find out who signs in by a provider; asked in the order in which they are added.
    /// </summary>
    /// <typeparam name="TResolver">The way; scoped, so that it may use the app's database context.</typeparam>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    public static TokenLifecycleBuilder AddOwnerResolver<[System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] TResolver>(this TokenLifecycleBuilder builder)
        where TResolver : class, IConnectionUserResolver
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Scoped<IConnectionUserResolver, TResolver>());
        return builder;
    }

    /// <summary>Lets users whom no one knows sign up by signing in: asked once for each account, after all owner resolvers.</summary>
    /// <typeparam name="TCreator">Creates the user; scoped, so that it may use the app's database context.</typeparam>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    public static TokenLifecycleBuilder AddUserCreator<[System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] TCreator>(this TokenLifecycleBuilder builder)
        where TCreator : class, IConnectionUserCreator
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Scoped<IConnectionUserCreator, TCreator>());
        return builder;
    }
}
