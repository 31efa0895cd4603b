using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using System.Globalization;
using System.Security.Claims;
using TokenLifecycle;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;

namespace Snippets;

internal static class Migrating
{
    public static void FromHandWritten(WebApplicationBuilder builder)
    {
        #region migrated-registration
        builder.Services.AddTokenLifecycle(o => o.RefreshBefore = TimeSpan.FromMinutes(30)) // was TOKEN_REFRESH_THRESHOLD_MINUTES
            .AddStrava(o =>
            {
                o.ClientId = builder.Configuration["STRAVA_CLIENT_ID"]!;              // the names that you have already
                o.ClientSecret = builder.Configuration["STRAVA_CLIENT_SECRET"];
                o.Scopes = [StravaProvider.Scopes.Read, StravaProvider.Scopes.ActivityRead];
            })
            .UseEntityFrameworkStore<AppDbContext>()
            .ProtectWithKeys(builder.Configuration.GetSection("TokenKeys"))
            .AddBackgroundRefresh()                                                   // idle users too
            .AddConnectionEndpoints(o => o.PublicOrigin = builder.Configuration["PublicOrigin"]);

        builder.Services.AddHttpClient<Rides>(http => http.BaseAddress = StravaProvider.ApiBase).AddTokenHandler("strava");
        #endregion
    }

    #region migrated-sync
    internal sealed class Sync(Rides strava, ISyncLog log)
    {
        public async Task RunAsync(string userId, CancellationToken ct)
        {
            try
            {
                using (TokenUser.BeginScope(userId))
                    await log.SaveAsync(userId, await strava.GetActivitiesAsync(ct), ct);
            }
            catch (ReauthorizationRequiredException gone)
            {
                await log.AskToReconnectAsync(userId, gone.Reason, gone.ReconnectPath, ct);
            }
            catch (TokenTemporarilyUnavailableException later)
            {
                await log.TryAgainAsync(userId, later.RetryAfter, ct);
            }
        }
    }
    #endregion

    public static void FromDuende(WebApplicationBuilder builder)
    {
        #region duende-user
        builder.Services.AddTokenLifecycle()
            .AddProvider("acme", o =>
            {
                o.ClientId = "web";
                o.ClientSecret = builder.Configuration["Acme:ClientSecret"];
                o.Scopes = ["openid", "offline_access", "invoices"];
                o.AuthorizationEndpoint = "https://id.acme.example/connect/authorize";
                o.TokenEndpoint = "https://id.acme.example/connect/token";
                o.RevocationEndpoint = "https://id.acme.example/connect/revocation";
                o.ApiOrigins = ["https://api.acme.example"];                          // the token goes nowhere else
                o.AccountIdFrom = AccountIdSource.IdToken;
                o.AccountIdPath = "sub";
                o.Issuer = "https://id.acme.example";
            })
            .UseEntityFrameworkStore<AppDbContext>()                                  // was IUserTokenStore
            .ProtectWithDataProtection()
            .AddConnectionEndpoints(o => o.PublicOrigin = builder.Configuration["PublicOrigin"]);

        builder.Services.AddHttpClient("invoices", http => http.BaseAddress = new Uri("https://api.acme.example/"))
            .AddTokenHandler("acme");                                                 // was AddUserAccessTokenHttpClient("invoices", ...)
        #endregion

        #region duende-client
        builder.Services.AddTokenLifecycle().AddProvider("catalog", o =>
        {
            o.GrantType = OAuthGrantType.ClientCredentials;
            o.ClientId = "worker";
            o.ClientSecret = builder.Configuration["Catalog:ClientSecret"];
            o.Scopes = ["catalog"];
            o.TokenEndpoint = "https://id.acme.example/connect/token";
            o.ApiOrigins = ["https://catalog.acme.example"];
        });
        builder.Services.AddHttpClient("catalog", http => http.BaseAddress = new Uri("https://catalog.acme.example/"))
            .AddTokenHandler("catalog");                                              // was AddClientCredentialsHttpClient("catalog", ...)
        #endregion

        #region duende-sign-in
        builder.Services.AddOptions<CookieAuthenticationOptions>("cookie").Configure<ITokenManager>((cookie, tokens) => cookie.Events.OnSigningIn = async context =>
        {
            // The OpenID Connect handler with SaveTokens has put the grant here. It goes into the store, once, and not into the cookie.
            AuthenticationProperties signIn = context.Properties;
            if (signIn.GetTokenValue("access_token") is not { } accessToken)
                return;

            string account = context.Principal!.FindFirstValue(ClaimTypes.NameIdentifier)!;
            await tokens.SaveAsync(new TokenKey("acme", account), new TokenSet
            {
                AccessToken = accessToken,
                RefreshToken = signIn.GetTokenValue("refresh_token"),
                ExpiresAt = DateTimeOffset.TryParse(signIn.GetTokenValue("expires_at"), CultureInfo.InvariantCulture, out DateTimeOffset end) ? end : null,
                AccountId = account,
            });
            signIn.StoreTokens([.. signIn.GetTokens().Where(token => token.Name == "id_token")]); // for the sign-out
        });
        #endregion
    }

    public static async Task BackgroundAsync(IHttpClientFactory clients, string userId, CancellationToken ct)
    {
        #region duende-background
        using (TokenUser.BeginScope(userId))                                                 // no ClaimsPrincipal, no HttpContext
            await clients.CreateClient("invoices").GetStringAsync("invoices", ct);
        #endregion
    }
}

internal sealed class Rides(HttpClient http)
{
    public Task<string> GetActivitiesAsync(CancellationToken cancellationToken) => http.GetStringAsync("athlete/activities", cancellationToken);
}

internal interface ISyncLog
{
    Task SaveAsync(string userId, string activities, CancellationToken cancellationToken);

    Task AskToReconnectAsync(string userId, ReauthorizationReason reason, string? path, CancellationToken cancellationToken);

    Task TryAgainAsync(string userId, TimeSpan after, CancellationToken cancellationToken);
}
