using Microsoft.Extensions.Options;
using TokenLifecycle;
using TokenLifecycle.Http;
using TokenLifecycle.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives an HTTP client the tokens of its requests' users.</summary>
public static class TokenHandlerHttpClientBuilderExtensions
{
    /// <summary>
    /// Attaches a provider's access token to every request of this client: over HTTPS, to allowed origins only, and never sends a request without it.
    /// After a 401 the token is refreshed and the request sent once more, if its body can be.
    /// </summary>
    /// <remarks>
    /// Add it after (inside) a resilience handler, so that each of that handler's tries gets a token that is valid then.
    /// Which user: see <see cref="TokenRequestExtensions.ForUser"/>, <see cref="TokenUser"/> and <c>UseCurrentUser</c>.
    /// </remarks>
    /// <param name="builder">The client.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="allowedOrigins">The origins that may see the token; none to use the provider's <see cref="OAuthProviderOptions.ApiOrigins"/>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">An origin is not an absolute address.</exception>
    public static IHttpClientBuilder AddTokenHandler(this IHttpClientBuilder builder, string provider, params string[] allowedOrigins)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentNullException.ThrowIfNull(allowedOrigins);
        foreach (string origin in allowedOrigins)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out _))
                throw new ArgumentException($"\"{origin}\" is not an origin. Write scheme, host and, if need be, port: https://api.example.com.", nameof(allowedOrigins));
        }

        return builder.AddHttpMessageHandler(services => new AccessTokenHandler(
            services.GetRequiredService<ITokenManager>(),
            SettingsOf(services.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>(), provider, allowedOrigins),
            services.GetService<ICurrentTokenUser>()));
    }

    /// <summary>The settings as they are now, made anew only when the provider's options have been reloaded.</summary>
    private static Func<TokenHandlerSettings> SettingsOf(IOptionsMonitor<OAuthProviderOptions> monitor, string provider, string[] allowedOrigins)
    {
        Tuple<OAuthProviderOptions, TokenHandlerSettings>? made = null; // One reference, so that no thread sees half of a new pair.
        return () =>
        {
            OAuthProviderOptions options = Current(monitor, provider);
            if (Volatile.Read(ref made) is { } known && ReferenceEquals(known.Item1, options))
                return known.Item2;

            var origins = new AllowedOrigins(allowedOrigins.Length > 0 ? allowedOrigins : options.ApiOrigins, options.AllowHttpOnLoopback == true);
            var settings = new TokenHandlerSettings(provider, origins, options.Grant == ConnectionGrant.ClientCredentials);
            Volatile.Write(ref made, Tuple.Create(options, settings));
            return settings;
        };
    }

    private static OAuthProviderOptions Current(IOptionsMonitor<OAuthProviderOptions> monitor, string provider)
    {
        try
        {
            return monitor.Get(provider);
        }
        catch (OptionsValidationException invalid)
        {
            throw new ProviderConfigurationException(
                provider,
                ProviderConfigurationReason.InvalidOptions,
                $"The token handler for \"{provider}\" cannot work: {string.Join(" ", invalid.Failures)} Is it registered with AddTokenLifecycle().AddProvider(\"{provider}\", ...)?",
                key: null,
                invalid);
        }
    }
}
