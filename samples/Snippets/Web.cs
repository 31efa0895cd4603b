using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle;
using TokenLifecycle.AspNetCore;
using TokenLifecycle.DependencyInjection;

internal static class Web
{
    public static void Connect(string[] args)
    {
        #region web-connect
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddAuthentication("cookie").AddCookie("cookie");

        builder.Services.AddTokenLifecycle()
            .AddStrava(builder.Configuration.GetSection("Strava"))           // ClientId, ClientSecret, Scopes
            .UseFileStore("tokens")
            .ProtectWithKeyFile("keys.json", createIfMissing: true)
            .AddConnectionEndpoints(o => o.PublicOrigin = builder.Configuration["PublicOrigin"]); // https://app.example.com

        builder.Services.AddHttpClient("strava", http => http.BaseAddress = new Uri("https://www.strava.com/api/v3/"))
            .AddTokenHandler("strava");                                       // the token of the signed-in user

        WebApplication app = builder.Build();
        app.UseExceptionHandler();                                            // token exceptions become problem details
        app.MapTokenLifecycle("/connections");
        #endregion

        #region health-endpoints
        app.MapHealthChecks("/live", new() { Predicate = check => check.Tags.Contains(TokenLifecycleHealthChecks.LiveTag) });
        app.MapHealthChecks("/ready", new() { Predicate = check => check.Tags.Contains(TokenLifecycleHealthChecks.ReadyTag) });
        #endregion

        #region web-webhook
        app.MapStravaWebhook("/webhooks/strava", o =>
        {
            o.VerifyToken = builder.Configuration["Strava:WebhookVerifyToken"]!;
            o.PathSecret = builder.Configuration["Strava:WebhookPathSecret"]!;  // callback_url: https://app.example.com/webhooks/strava/<this>
        });
        #endregion
        app.Run();
    }

    public static void SignIn(TokenLifecycleBuilder tokens)
    {
        #region web-sign-in
        tokens
            .AddConnectionEndpoints(o =>
            {
                o.SignInProviders.Add("strava");
                o.AllowSignIn = (context, key) => key.Connection == TokenKey.DefaultConnection;
            })
            .AddOwnerResolver<KnownAthletes>()                                // finds a user
            .AddUserCreator<NewUsers>();                                      // creates one
        #endregion
    }

    public static void LimitRate(WebApplicationBuilder builder)
    {
        #region web-rate-limit
        builder.Services.AddRateLimiter(limits => limits.AddPolicy("connections", context => RateLimitPartition.GetTokenBucketLimiter(
            context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? context.Connection.RemoteIpAddress?.ToString() ?? "",
            _ => new TokenBucketRateLimiterOptions { TokenLimit = 60, TokensPerPeriod = 60, ReplenishmentPeriod = TimeSpan.FromMinutes(1) })));

        WebApplication app = builder.Build();
        app.UseAuthentication();
        app.UseRateLimiter();                                                 // after authentication, so that it knows the user
        app.MapTokenLifecycle("/connections").RequireRateLimiting("connections");
        #endregion
    }

    private sealed class KnownAthletes : IConnectionUserResolver
    {
        public ValueTask<string?> FindOwnerAsync(ConnectionOwnerContext context, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);
    }

    private sealed class NewUsers : IConnectionUserCreator
    {
        public ValueTask<string?> CreateUserAsync(ConnectionOwnerContext context, CancellationToken cancellationToken) => ValueTask.FromResult<string?>($"strava-{context.AccountId}");
    }
}
