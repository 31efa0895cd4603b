using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>Every endpoint states its own authorization, whatever policies the app has.</summary>
public sealed class PolicyTests
{
    public static TheoryData<string> Policies => ["none", "fallback", "stricter default", "fallback and stricter default", "JWT and cookies"];

    [Theory]
    [Trait("Rule", "FS-6")]
    [MemberData(nameof(Policies))]
    public async Task A_callback_after_the_session_has_ended_sends_its_code_nowhere(string policy)
    {
        await using WebWorld world = await StartAsync(policy);
        using Browser ada = await BrowserOfAsync(world, "ada");
        using Browser bob = await BrowserOfAsync(world, "bob");
        string[] callbacks = [await ada.ToCallbackAsync("other"), await bob.ToCallbackAsync("other")];
        ada.Cookies.Remove(".AspNetCore.cookie");

        Seen[] seen = await Task.WhenAll(ada.GetAsync(callbacks[0]), bob.GetAsync(callbacks[1]));

        (seen[0].Status, seen[0].Location).Should().Be((401, null));
        seen[0].Text.Should().Contain("Sign in first").And.NotContain("code=");
        seen[1].Status.Should().Be(303);
        await SignInAsync(ada, "ada");
        (await ada.FollowAsync(await ada.GetAsync(callbacks[0]))).Text.Should().Contain("is connected", "its own browser may still finish");
    }

    [Theory]
    [Trait("Rule", "FS-6")]
    [MemberData(nameof(Policies))]
    public async Task Users_sign_in_by_a_provider_under_any_policy(string policy)
    {
        await using WebWorld world = await StartAsync(policy);
        using Browser ada = await BrowserOfAsync(world, user: null);
        using Browser bob = await BrowserOfAsync(world, user: null);
        (string adas, string bobs) = (await Owners.ProvenanceTests.CallbackOfAsync(world, ada, "1001"), await Owners.ProvenanceTests.CallbackOfAsync(world, bob, "1002"));

        Seen[] seen = await Task.WhenAll(ada.GetAsync(adas), bob.GetAsync(bobs));

        seen.Should().OnlyContain(answer => answer.Status == 303 && answer.Location!.StartsWith("/connections/acme/result", StringComparison.Ordinal));
        (await ada.FollowAsync(seen[0])).Text.Should().Contain("is connected").And.Contain("1001");
        (await bob.FollowAsync(seen[1])).Text.Should().Contain("is connected").And.Contain("1002");
    }

    [Theory]
    [Trait("Rule", "FS-6")]
    [MemberData(nameof(Policies))]
    public async Task A_posted_response_is_taken_under_any_policy(string policy)
    {
        await using WebWorld world = await StartAsync(policy, o => o.AdditionalAuthorizationParameters["response_mode"] = "form_post");
        using Browser ada = await BrowserOfAsync(world, "ada");
        string callback = await ada.ToCallbackAsync();
        using var crossSite = new Browser(world.Address, WebWorld.Origin);

        Seen posted = await crossSite.PostAsync(
            "/connections/acme/callback", callback.Split('?')[1].Split('&').Select(pair => KeyValuePair.Create(pair.Split('=')[0], Uri.UnescapeDataString(pair.Split('=')[1]))));

        (posted.Status, posted.Location).Should().Be((303, "/connections/acme/callback"));
        foreach ((string name, string value) in crossSite.Cookies)
            ada.Cookies[name] = value;
        (await ada.FollowAsync(await ada.GetAsync(posted.Location!))).Text.Should().Contain("is connected");
    }

    [Theory]
    [Trait("Rule", "FS-6")]
    [MemberData(nameof(Policies))]
    public async Task Nobody_gets_at_what_needs_a_user(string policy)
    {
        await using WebWorld world = await StartAsync(policy);
        using Browser nobody = await BrowserOfAsync(world, user: null);

        foreach ((string method, string path) in ((string, string)[])[("GET", "/connections"), ("GET", "/connections/other/connect"), ("POST", "/connections/other/connect"), ("POST", "/connections/acme/disconnect"), ("POST", "/connections/acme/refresh"), ("GET", "/connections/nowhere/connect")])
            (await nobody.SendAsync(new HttpMethod(method), path, content: null, [("Accept", "application/json")])).Status.Should().BeOneOf([302, 401], $"{method} {path}");
        (await nobody.GetAsync("/connections/acme/connect")).Status.Should().Be(200, "by this one users sign in");
    }

    [Theory]
    [Trait("Rule", "FS-7")]
    [InlineData("stricter default")]
    [InlineData("fallback and stricter default")]
    public async Task A_provider_to_sign_in_by_takes_the_default_policy_from_no_other(string policy)
    {
        await using WebWorld world = await StartAsync(policy);
        using Browser weak = await BrowserOfAsync(world, "ada", isStrong: false);
        using Browser strong = await BrowserOfAsync(world, "bob");

        foreach (string provider in (string[])["other", "acme"])
        {
            (await weak.GetAsync($"/connections/{provider}/connect")).Status.Should().BeOneOf([302, 403], provider);
            (await weak.PostAsync($"/connections/{provider}/connect", [])).Status.Should().BeOneOf([302, 403], provider);
            (await strong.ConnectAsync(provider)).Text.Should().Contain("is connected", provider);
        }

        (await world.Store.ListAsync("other", after: null, 10, CancellationToken.None)).Should().ContainSingle().Which.Key.UserId.Should().Be("bob");
    }

    [Fact]
    [Trait("Rule", "FS-7")]
    public async Task What_the_app_demands_of_the_endpoints_counts_for_all_of_them()
    {
        await using WebWorld world = await StartAsync("none", endpoints: group => group.RequireAuthorization("mfa"));
        using Browser weak = await BrowserOfAsync(world, "ada", isStrong: false);
        using Browser strong = await BrowserOfAsync(world, "bob");
        using Browser nobody = await BrowserOfAsync(world, user: null);

        (await weak.GetAsync("/connections/other/connect")).Status.Should().BeOneOf(302, 403);
        (await nobody.GetAsync("/connections/acme/connect")).Status.Should().BeOneOf(302, 401);
        (await strong.ConnectAsync("other")).Text.Should().Contain("is connected");
    }

    [Fact]
    [Trait("Rule", "FS-6")]
    public async Task A_token_in_a_header_is_a_user_as_well_as_a_cookie_is()
    {
        await using WebWorld world = await StartAsync("JWT and cookies");
        using Browser ada = await BrowserOfAsync(world, "ada");
        using var program = new Browser(world.Address, WebWorld.Origin);

        (await ada.ConnectAsync("other")).Text.Should().Contain("is connected");
        Seen list = await program.GetAsync("/connections", ("Accept", "application/json"), ("X-User", "ada"));
        Seen other = await program.GetAsync("/connections", ("Accept", "application/json"), ("X-User", "bob"));

        list.Text.Should().Contain("\"state\":\"Valid\"");
        other.Text.Should().NotContain("\"state\":\"Valid\"");
    }

    private static async Task<Browser> BrowserOfAsync(WebWorld world, string? user, bool isStrong = true)
    {
        var browser = new Browser(world.Address, WebWorld.Origin);
        if (user is not null)
            await SignInAsync(browser, user, isStrong);
        return browser;
    }

    private static async Task SignInAsync(Browser browser, string user, bool isStrong = true) =>
        (await browser.GetAsync($"/enter?user={user}&mfa={isStrong}")).Status.Should().Be(200);

    private static Task<WebWorld> StartAsync(string policy, Action<OAuthProviderOptions>? provider = null, Action<Microsoft.AspNetCore.Routing.RouteGroupBuilder>? endpoints = null) => WebWorld.StartAsync(
        provider: provider,
        web: o => o.SignInProviders.Add(WebWorld.Acme),
        builder: b => b.AddUserCreator<Owners.ProvenanceTests.ByAccount>(),
        services: services =>
        {
            if (policy == "JWT and cookies")
                services.AddAuthentication(o => (o.DefaultScheme, o.DefaultSignInScheme) = ("header", "cookie")).AddScheme<AuthenticationSchemeOptions, HeaderUser>("header", _ => { });
            services.AddAuthorization(o =>
            {
                o.AddPolicy("mfa", p => p.RequireClaim("mfa", "True"));
                if (policy.Contains("fallback", StringComparison.Ordinal))
                    o.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
                if (policy.Contains("stricter", StringComparison.Ordinal))
                    o.DefaultPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().RequireClaim("mfa", "True").Build();
                if (policy == "JWT and cookies")
                    o.DefaultPolicy = new AuthorizationPolicyBuilder("header", "cookie").RequireAuthenticatedUser().Build();
            });
        },
        app: a => a.MapGet("/enter", (string user, string mfa, HttpContext context) => context.SignInAsync(
            "cookie", new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user), new Claim("mfa", mfa)], "test")))).AllowAnonymous(),
        endpoints: endpoints,
        second: "other");

    private sealed class HeaderUser(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers["X-User"].ToString() is { Length: > 0 } user
            ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], Scheme.Name)), Scheme.Name))
            : AuthenticateResult.NoResult());
    }
}
