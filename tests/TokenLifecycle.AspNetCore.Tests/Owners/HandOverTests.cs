using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Owners;

/// <summary>The recipe of docs/migrating-from-duende.md, with a sign-in that leaves its grant as the OpenID Connect handler does.</summary>
public sealed class HandOverTests
{
    [Fact]
    public async Task The_grant_of_a_sign_in_goes_into_the_store_and_not_into_the_cookie()
    {
        SimulatedAuthorizationServer server = null!;
        await using WebWorld world = await WebWorld.StartAsync(
            services: services => services.AddOptions<CookieAuthenticationOptions>("cookie").Configure<ITokenManager>((cookie, tokens) => cookie.Events.OnSigningIn = async context =>
            {
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
                signIn.StoreTokens([.. signIn.GetTokens().Where(token => token.Name == "id_token")]);
            }),
            app: app =>
            {
                app.MapGet("/signin-oidc", (HttpContext context) => context.SignInAsync("cookie", new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "1001")], "test")), Granted(server)));
                app.MapGet("/kept", async (HttpContext context) =>
                    await context.Response.WriteAsync(string.Join(' ', (await context.AuthenticateAsync("cookie")).Properties!.GetTokens().Select(token => token.Name))));
            });
        server = world.Server;
        using Browser browser = await world.BrowserOfAsync(user: null);

        await browser.GetAsync("/signin-oidc");

        (await browser.GetAsync("/kept")).Text.Should().Be("id_token");
        world.Clock.Advance(TimeSpan.FromHours(2));
        AccessToken refreshed = await world.Tokens.GetAccessTokenAsync(world.Key("1001"));
        world.Server.IsLive(refreshed.Value).Should().BeTrue("the refresh token came along");
    }

    /// <summary>As <c>SaveTokens</c> writes it.</summary>
    private static AuthenticationProperties Granted(SimulatedAuthorizationServer server)
    {
        TokenSet issued = server.IssueTokens(server.AddUser("ada", "1001"), "read", "write");
        var properties = new AuthenticationProperties();
        properties.StoreTokens(
        [
            new() { Name = "access_token", Value = issued.AccessToken },
            new() { Name = "refresh_token", Value = issued.RefreshToken! },
            new() { Name = "id_token", Value = "header.payload.signature" },
            new() { Name = "expires_at", Value = issued.ExpiresAt!.Value.ToString("o", CultureInfo.InvariantCulture) },
        ]);
        return properties;
    }
}
