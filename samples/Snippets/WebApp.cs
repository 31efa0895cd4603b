#region web-app
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.AspNetCore;

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
                o.SignInProviders.Add("strava");                              // omit if your users sign in another way
            })
            .AddUserCreator<EverybodyMayJoin>();

        builder.Services.AddHttpClient<StravaClient>(http => http.BaseAddress = new Uri("https://www.strava.com/api/v3/"))
            .AddTokenHandler("strava");                                       // the token of the signed-in user
        builder.Services.AddHealthChecks().AddTokenLifecycle();

        WebApplication app = builder.Build();
        app.UseExceptionHandler();                                            // token exceptions become problem details: 401, 503, 502
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

// Asked once, when no user has this Strava account yet: an app with its own users creates one here.
internal sealed class EverybodyMayJoin : IConnectionUserCreator
{
    public ValueTask<string?> CreateUserAsync(ConnectionOwnerContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult<string?>($"strava-{context.AccountId}");
}
#endregion
