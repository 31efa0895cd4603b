#region web-app
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Providers;

internal static class WebApp
{
    public static void Main(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddAuthentication("cookie").AddCookie("cookie");
        builder.Services.AddAuthorization();

        builder.Services.AddTokenLifecycle()
            .AddStrava(builder.Configuration.GetSection("Strava"))            // ClientId, ClientSecret, Scopes
            .UseFileStore("tokens")                                           // several instances: .UseEntityFrameworkStore<AppDbContext>()
            .ProtectWithKeyFile("keys.json", createIfMissing: true)           // nothing is stored in plain text
            .AddWeb(o => o.PublicOrigin = builder.Configuration["PublicOrigin"]); // https://app.example.com

        builder.Services.AddHttpClient<StravaClient>(http => http.BaseAddress = StravaProvider.ApiBase)
            .AddTokenHandler("strava");                                       // the token of the signed-in user

        WebApplication app = builder.Build();
        app.UseExceptionHandler();                                            // who can mend it: 401, 503 or 502 as problem details
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapTokenLifecycle("/connections");                                // connect, callback, reconnect, disconnect, status

        app.MapGet("/activities", async (StravaClient strava) =>
            Results.Content(await strava.GetActivitiesAsync(), "application/json")).RequireAuthorization();

        app.Run();
    }
}

internal sealed class StravaClient(HttpClient http)
{
    public Task<string> GetActivitiesAsync() => http.GetStringAsync("athlete/activities");
}
#endregion
