#region web-app
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.AspNetCore;
using TokenLifecycle.Providers;

internal static class WebApp
{
    public static void Main(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddAuthentication("cookie").AddCookie("cookie", o => o.LoginPath = "/connections/strava/connect");
        builder.Services.AddAuthorization();

        builder.Services.AddTokenLifecycle()
            .AddStrava(builder.Configuration.GetSection("Strava"))            // ClientId, ClientSecret, Scopes
            .UseFileStore("tokens")                                           // several instances: .UseEntityFrameworkStore<AppDbContext>()
            .ProtectWithKeyFile("keys.json", createIfMissing: true)           // nothing is stored in plain text
            .AddConnectionEndpoints(o =>
            {
                o.PublicOrigin = builder.Configuration["PublicOrigin"];       // https://app.example.com; not needed on localhost
                o.SignInProviders.Add("strava");                              // leave it out if your users sign in otherwise
            })
            .AddOwnerResolver<EverybodyMayJoin>();

        builder.Services.AddHttpClient<StravaClient>(http => http.BaseAddress = StravaProvider.ApiBase)
            .AddTokenHandler("strava");                                       // the token of the signed-in user
        builder.Services.AddHealthChecks().AddTokenLifecycle();

        WebApplication app = builder.Build();
        app.UseExceptionHandler();                                            // who has to act: 401, 503 or 502 as problem details
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapTokenLifecycle("/connections");                                // connect, callback, reconnect, disconnect, status
        app.MapHealthChecks("/health");

        app.MapGet("/", async (StravaClient strava) =>
            Results.Content(await strava.GetActivitiesAsync(), "application/json")).RequireAuthorization();

        app.Run();
    }
}

internal sealed class StravaClient(HttpClient http)
{
    public Task<string> GetActivitiesAsync() => http.GetStringAsync("athlete/activities");
}

// Asked when no user has this Strava account yet: an app with its own users finds or creates one here.
internal sealed class EverybodyMayJoin : IConnectionUserResolver
{
    public ValueTask<string?> FindOwnerAsync(ConnectionOwnerContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult<string?>(Guid.NewGuid().ToString("N"));
}
#endregion
