#region web-app
using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;

internal static class WebApp
{
    public static void Main(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddAuthentication("cookie").AddCookie("cookie");
        builder.Services.AddAuthorization();
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddDistributedMemoryCache();
        builder.Services.AddSession();

        builder.Services.AddTokenLifecycle()
            .AddStrava(builder.Configuration.GetSection("Strava"))          // ClientId, ClientSecret, Scopes
            .UseCurrentUser(services => services.GetRequiredService<IHttpContextAccessor>()
                .HttpContext?.User.FindFirstValue(ClaimTypes.NameIdentifier));

        builder.Services.AddHttpClient<StravaClient>(http => http.BaseAddress = StravaProvider.ApiBase)
            .AddTokenHandler("strava");                                      // the token of the signed-in user

        WebApplication app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseSession();

        // The user clicks "Connect": remember the request in their session, send them to Strava.
        app.MapPost("/connect", (IAuthorizationCodeFlow flow, HttpContext context) =>
        {
            AuthorizationRequest request = flow.CreateRequest("strava", new Uri("https://app.example.com/callback"));
            PendingConnections.Remember(context.Session, request);
            return Results.Redirect(request.Url.AbsoluteUri);
        }).RequireAuthorization();

        // Strava sends them back: exchange the code, save the tokens. From now on the connection is kept alive.
        app.MapGet("/callback", async (IAuthorizationCodeFlow flow, ITokenManager tokens, HttpContext context) =>
        {
            if (PendingConnections.Take(context.Session) is not { } request)
                return Results.BadRequest("Start again from the Connect button.");

            TokenSet received = await flow.ExchangeAsync(request, AuthorizationResponse.Parse(context.Request.QueryString.Value ?? ""));
            await tokens.SaveAsync(new TokenKey("strava", context.User.FindFirstValue(ClaimTypes.NameIdentifier)!), received);
            return Results.Redirect("/");
        }).RequireAuthorization();

        app.MapGet("/activities", async (StravaClient strava) =>
        {
            try
            {
                return Results.Content(await strava.GetActivitiesAsync(), "application/json");
            }
            catch (ReauthorizationRequiredException e)                       // the user can mend it
            {
                return Results.Problem(e.Message, statusCode: 401);
            }
            catch (TokenTemporarilyUnavailableException e)                   // time mends it
            {
                return Results.Problem($"Try again in {e.RetryAfter.TotalSeconds:0} s.", statusCode: 503);
            }
        }).RequireAuthorization();

        app.Run();
    }
}

internal sealed class StravaClient(HttpClient http)
{
    public Task<string> GetActivitiesAsync() => http.GetStringAsync("athlete/activities");
}

/// <summary>The requests that are under way, bound to the browser by its session. Of one process: several need a store they share.</summary>
internal static class PendingConnections
{
    private static readonly ConcurrentDictionary<string, AuthorizationRequest> Pending = new(StringComparer.Ordinal);

    public static void Remember(ISession session, AuthorizationRequest request)
    {
        session.SetString("pending", "1");
        Pending[session.Id] = request;
    }

    public static AuthorizationRequest? Take(ISession session) => Pending.TryRemove(session.Id, out AuthorizationRequest? request) ? request : null;
}
#endregion
