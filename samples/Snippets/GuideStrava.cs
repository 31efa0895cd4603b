#region guide-strava
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.AspNetCore;
using TokenLifecycle.Providers;

internal static class GuideStrava
{
    public static void Main(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddAuthentication("cookie").AddCookie("cookie");
        builder.Services.AddAuthorization();
        builder.Services.AddProblemDetails();

        builder.Services.AddTokenLifecycle()
            .AddStrava(builder.Configuration.GetSection("Strava"))
            .UseFileStore("tokens")
            .ProtectWithKeyFile("keys.json", createIfMissing: true)
            .AddConnectionEndpoints(o => o.SignInProviders.Add("strava"))   // who comes back from Strava is signed in
            .AddOwnerResolver<EverybodyIsWelcome>();

        builder.Services.AddHttpClient("strava", http => http.BaseAddress = StravaProvider.ApiBase).AddTokenHandler("strava");

        WebApplication app = builder.Build();
        app.UseExceptionHandler();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapTokenLifecycle("/connections");
        app.MapGet("/", (ClaimsPrincipal user) => user.Identity?.IsAuthenticated == true
            ? Results.Redirect("/athlete")
            : Results.Redirect("/connections/strava/connect"));
        app.MapGet("/athlete", async (IHttpClientFactory clients) =>
            Results.Content(await clients.CreateClient("strava").GetStringAsync("athlete"), "application/json")).RequireAuthorization();
        app.Run();
    }
}

// Asked when no user has this Strava account yet: an app with its own users finds or creates one here.
internal sealed class EverybodyIsWelcome : IConnectionUserResolver
{
    public ValueTask<string?> FindOwnerAsync(ConnectionOwnerContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult<string?>(Guid.NewGuid().ToString("N"));
}
#endregion
