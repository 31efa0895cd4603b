using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Owners;

/// <summary>What the browser brings identifies no one; what the provider proves does, together with who proves it.</summary>
[Trait("Rule", "FS-3")]
public sealed class ProvenanceTests
{
    public static TheoryData<string, Action<OAuthProviderOptions>, string> Unproven => new()
    {
        { "the callback", static o => (o.AccountIdFrom, o.AccountIdPath) = (AccountIdSource.Callback, "realmId"), "AccountIdFrom is Callback" },
        { "nowhere", static o => o.AccountIdFrom = AccountIdSource.None, "AccountIdFrom is None" },
        { "any issuer", static o => (o.AccountIdFrom, o.AccountIdPath, o.Scopes, o.Issuer) = (AccountIdSource.IdToken, "sub", ["openid"], null), "has no Issuer" },
        { "an address", static o => o.AccountIdPath = "email", "users can change" },
        { "a name", static o => o.AccountIdPath = "user.preferred_username", "users can change" },
    };

    [Theory]
    [MemberData(nameof(Unproven))]
    public async Task A_provider_that_proves_no_account_is_refused_for_sign_in_at_start(string where, Action<OAuthProviderOptions> provider, string problem)
    {
        Func<Task> start = () => WebWorld.StartAsync(provider: provider, web: o => o.SignInProviders.Add(WebWorld.Acme));
        Func<Task> without = async () => await (await WebWorld.StartAsync(provider: provider)).DisposeAsync();

        (await start.Should().ThrowAsync<OptionsValidationException>(where)).WithMessage($"*'acme' is one of SignInProviders*{problem}*");
        await without.Should().NotThrowAsync("connecting needs no proof");
    }

    [Fact]
    public async Task An_account_from_the_callback_shows_nothing_about_other_users()
    {
        await using WebWorld world = await WebWorld.StartAsync(
            provider: o => (o.AccountIdFrom, o.AccountIdPath) = (AccountIdSource.Callback, "realmId"), web: o => o.OperatorPolicy = "operator", services: Operator);
        using Browser victim = await world.BrowserOfAsync("ada");
        using Browser attacker = await world.BrowserOfAsync("eve");
        string[] callbacks = await Task.WhenAll(victim.ToCallbackAsync(), attacker.ToCallbackAsync());
        await victim.FollowAsync(await victim.GetAsync(callbacks[0] + "&realmId=4711"));

        Seen page = await attacker.FollowAsync(await attacker.GetAsync(callbacks[1] + "&realmId=4711"));

        page.Text.Should().Contain("is connected").And.NotContain("another place");
        foreach (Browser browser in (Browser[])[victim, attacker])
        {
            (await browser.GetAsync("/connections/acme/connect")).Text.Should().NotContain("another place");
            (await browser.GetAsync("/connections", ("Accept", "application/json"))).Text.Should().Contain("\"isAccountShared\":false").And.Contain("4711");
            (await browser.GetAsync("/connections/overview", ("Accept", "application/json"))).Text.Should().Contain("\"sharingAccount\":[]");
        }
    }

    [Fact]
    public async Task Settings_that_no_longer_prove_an_account_sign_no_one_in()
    {
        await using WebWorld world = await WebWorld.StartAsync(provider: o => (o.AccountIdFrom, o.AccountIdPath) = (AccountIdSource.Callback, "realmId"));
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser eve = await world.BrowserOfAsync("eve");
        foreach (Browser browser in (Browser[])[ada, eve])
            await browser.FollowAsync(await browser.GetAsync(await browser.ToCallbackAsync() + "&realmId=4711"));

        foreach (string user in (string[])["ada", "eve"])
            (await world.Store.Inner.FindAsync(world.Key(user), CancellationToken.None))!.Tokens.SignInIssuer.Should().BeNull();
    }

    [Theory]
    [InlineData("https://accounts.google.com", true)]
    [InlineData("https://accounts.example.com", false)]
    public async Task The_issuer_of_the_ID_token_is_the_configured_one_before_anyone_is_signed_in(string issuer, bool isSignedIn)
    {
        await using WebWorld world = await WebWorld.StartAsync(
            server: o => o.Dialect = Dialect.Google,
            provider: o =>
            {
                (o.AccountIdFrom, o.AccountIdPath, o.Scopes, o.Issuer) = (AccountIdSource.IdToken, "sub", ["openid"], issuer);
                o.AdditionalAuthorizationParameters["access_type"] = "offline";
            },
            web: o => o.SignInProviders.Add(WebWorld.Acme),
            builder: b => b.AddUserCreator<ByAccount>());
        using Browser ada = await world.BrowserOfAsync(user: null);
        using Browser bob = await world.BrowserOfAsync(user: null);
        (string first, string second) = (await CallbackOfAsync(world, ada, "1001"), await CallbackOfAsync(world, bob, "1002"));

        await Task.WhenAll(ada.GetAsync(first), bob.GetAsync(second));

        (await ada.GetAsync("/whoami")).Text.Should().Be(isSignedIn ? "user-1001" : "nobody");
        (await bob.GetAsync("/whoami")).Text.Should().Be(isSignedIn ? "user-1002" : "nobody");
    }

    internal static async Task<string> CallbackOfAsync(WebWorld world, Browser browser, string account, string query = "", string provider = WebWorld.Acme)
    {
        world.Server.SignedInUser = world.Server.AddUser($"name of {account}, {Guid.NewGuid()}", account);
        return await browser.ToCallbackAsync(provider, query);
    }

    private static void Operator(IServiceCollection services) => services.AddAuthorization(o => o.AddPolicy("operator", policy => policy.RequireAuthenticatedUser()));

    internal sealed class ByAccount : IConnectionUserCreator
    {
        public ValueTask<string?> CreateUserAsync(ConnectionOwnerContext context, CancellationToken cancellationToken) => ValueTask.FromResult<string?>("user-" + context.AccountId);
    }
}
