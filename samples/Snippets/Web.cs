using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.AspNetCore;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Providers;

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

        builder.Services.AddHttpClient("strava", http => http.BaseAddress = StravaProvider.ApiBase)
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
        app.MapStravaWebhook("/webhooks/strava", o => o.VerifyToken = builder.Configuration["Strava:WebhookVerifyToken"]!);
        #endregion
        app.Run();
    }

    public static void SignIn(TokenLifecycleBuilder tokens)
    {
        #region web-sign-in
        tokens
            .AddConnectionEndpoints(o => o.SignInProviders.Add("strava"))
            .AddOwnerResolver<NewUsers>();
        #endregion
    }

    private sealed class NewUsers : IConnectionUserResolver
    {
        public ValueTask<string?> FindOwnerAsync(ConnectionOwnerContext context, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(Guid.NewGuid().ToString("N"));
    }
}
