using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Mvc;
using TrainingDashboard.Simulation;

namespace TrainingDashboard;

/// <summary>Handles the forms of the pages. The library handles connecting: <c>MapTokenLifecycle</c>.</summary>
internal static class Endpoints
{
    public const string OperatorPolicy = "operator";
    private const int MaxName = 32;

    public static void MapForms(this WebApplication app)
    {
        app.MapPost("/sign-in", async ([FromForm] string? name, [FromForm] string? role, HttpContext context) =>
        {
            string user = new([.. (name ?? "").Trim().ToLowerInvariant().Where(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-').Take(MaxName)]);
            if (user.Length == 0)
                return Results.Redirect("/sign-in?problem=name");

            // A demonstration: anyone who enters a name is that user. Use your own sign-in here.
            List<Claim> claims = [new(ClaimTypes.NameIdentifier, user), new(ClaimTypes.Name, user)];
            if (role == OperatorPolicy)
                claims.Add(new Claim(ClaimTypes.Role, OperatorPolicy));
            context.RequestServices.GetService<SimulatedProviders>()?.SignIn(user);
            await context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(claims, CookieAuthenticationDefaults.AuthenticationScheme)));
            return Results.Redirect("/");
        });

        app.MapPost("/sign-out", async ([FromForm] string? leave, HttpContext context) =>
        {
            _ = leave; // With a form parameter, the framework requires the antiforgery token.
            await context.SignOutAsync();
            return Results.Redirect("/sign-in");
        });

        if (app.Services.GetService<SimulatedProviders>() is not { } simulated)
            return;

        app.MapPost("/misbehave", ([FromForm] string provider, [FromForm] Mischief mischief) =>
        {
            simulated.All.FirstOrDefault(known => known.Name == provider)?.Do(mischief);
            return Results.Redirect($"/misbehave?done={mischief}&at={Uri.EscapeDataString(provider)}");
        }).RequireAuthorization();

        app.MapPost("/misbehave/account", ([FromForm] string name) =>
        {
            if (name.Length is > 0 and <= MaxName)
                simulated.SignIn(name);
            return Results.Redirect("/misbehave");
        }).RequireAuthorization();
    }
}
