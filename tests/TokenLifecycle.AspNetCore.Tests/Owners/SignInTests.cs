using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Owners;

/// <summary>Whose connection is it? Incident A: a user looked up by a made-up e-mail, a known athlete taken for a new one, one connected where three were expected.</summary>
public sealed class SignInTests
{
    [Fact]
    public async Task Incident_A_Three_athletes_who_sign_in_by_strava_are_their_own_three_users_again()
    {
        await using WebWorld world = await StartAsync();
        string[] users = ["ada", "bob", "cy"];
        SimulatedUser[] athletes = [.. users.Select(user => world.Server.AddUser(user))];
        for (int i = 0; i < users.Length; i++)
        {
            using Browser browser = await world.BrowserOfAsync(users[i]);
            world.Server.SignedInUser = athletes[i];
            (await browser.ConnectAsync(WebWorld.Strava)).Text.Should().Contain("is connected");
        }

        for (int i = 0; i < users.Length; i++)
        {
            using Browser nobody = await world.BrowserOfAsync(user: null);
            world.Server.SignedInUser = athletes[i];
            (await nobody.ConnectAsync(WebWorld.Strava)).Text.Should().Contain("is connected");
            (await nobody.GetAsync("/whoami")).Text.Should().Be(users[i]);
            (await world.Tokens.GetStatusAsync(world.Key(users[i], WebWorld.Strava))).AccountId.Should().Be(athletes[i].AccountId);
        }

        (await world.Store.ListAsync(WebWorld.Strava, after: null, 10, CancellationToken.None)).Should().HaveCount(3);
    }

    [Fact]
    public async Task The_apps_own_ways_are_asked_in_their_order_and_the_last_may_create_a_user()
    {
        var asked = new List<string>();
        await using WebWorld world = await StartAsync(b => b.Services
            .AddSingleton<IConnectionUserResolver>(new Way("first", answer: null, asked)).AddSingleton<IConnectionUserResolver>(new Way("second", "new-user", asked)).AddSingleton<IConnectionUserResolver>(new Way("third", "never", asked)));
        using Browser nobody = await world.BrowserOfAsync(user: null);

        (await nobody.ConnectAsync(WebWorld.Strava)).Text.Should().Contain("is connected");

        asked.Should().Equal($"first {world.Server.SignedInUser.AccountId}", $"second {world.Server.SignedInUser.AccountId}");
        (await nobody.GetAsync("/whoami")).Text.Should().Be("new-user");
    }

    [Fact]
    public async Task Whom_nobody_knows_is_not_signed_in_and_the_tokens_go_back()
    {
        await using WebWorld world = await StartAsync();
        using Browser nobody = await world.BrowserOfAsync(user: null);

        Seen page = await nobody.ConnectAsync(WebWorld.Strava);

        page.Status.Should().Be(403);
        page.Text.Should().Contain("No user of this app");
        (await nobody.GetAsync("/whoami")).Text.Should().Be("nobody");
        world.Server.Log.Revocations.Should().ContainSingle();
        (await world.Store.ListAsync(WebWorld.Strava, after: null, 10, CancellationToken.None)).Should().BeEmpty();
    }

    [Fact]
    public async Task Two_users_at_one_account_are_not_told_apart_by_it()
    {
        await using WebWorld world = await StartAsync();
        foreach (string user in (string[])["ada", "bob"])
        {
            using Browser browser = await world.BrowserOfAsync(user);
            await browser.ConnectAsync(WebWorld.Strava);
        }

        using Browser nobody = await world.BrowserOfAsync(user: null);
        (await nobody.ConnectAsync(WebWorld.Strava)).Status.Should().Be(403);

        (await nobody.GetAsync("/whoami")).Text.Should().Be("nobody");
        world.Server.Log.Revocations.Should().BeEmpty("two connections live on that grant");
    }

    [Fact]
    public async Task A_signed_in_user_connects_for_themself_even_by_an_account_that_signs_in_another()
    {
        await using WebWorld world = await StartAsync();
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        await ada.ConnectAsync(WebWorld.Strava);

        await bob.ConnectAsync(WebWorld.Strava);

        (await bob.GetAsync("/whoami")).Text.Should().Be("bob");
        (await world.Tokens.GetStatusAsync(world.Key("bob", WebWorld.Strava))).State.Should().Be(TokenState.Valid);
    }

    [Fact]
    public async Task EP_2_Where_one_may_sign_in_nobody_still_can_neither_disconnect_nor_refresh()
    {
        await using WebWorld world = await StartAsync();
        using Browser nobody = await world.BrowserOfAsync(user: null);
        Seen page = await nobody.GetAsync("/connections/strava/connect");

        foreach (string action in (string[])["disconnect", "refresh"])
        {
            Seen seen = await nobody.PressAsync(page with { Text = page.Text.Replace("/connect\"", $"/{action}\"", StringComparison.Ordinal) }, "/" + action);
            seen.Status.Should().BeOneOf(302, 401, 404);
        }

        (await nobody.GetAsync("/connections")).Status.Should().BeOneOf(302, 401);
    }

    private static Task<WebWorld> StartAsync(Action<TokenLifecycleBuilder>? builder = null) => WebWorld.StartAsync(
        server: o => o.Dialect = Dialect.Strava, provider: o => o.Scopes = ["read"], web: o => o.SignInProviders.Add(WebWorld.Strava), providerName: WebWorld.Strava, builder: builder);

    private sealed class Way(string name, string? answer, List<string> asked) : IConnectionUserResolver
    {
        public ValueTask<string?> FindOwnerAsync(ConnectionOwnerContext context, CancellationToken cancellationToken)
        {
            asked.Add($"{name} {context.AccountId}");
            return ValueTask.FromResult(answer);
        }
    }
}
