using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Importing;

namespace TokenLifecycle.AspNetCore.Tests.Owners;

/// <summary>
/// A connection gives access to data. Only one that a sign-in made, or that the app or an import allowed to, signs its user in.
/// </summary>
[Trait("Rule", "FS-5")]
public sealed class SignInPermissionTests
{
    private const string Athlete = "77";

    [Fact]
    public async Task An_athlete_whose_account_a_coach_has_connected_is_not_signed_in_as_the_coach()
    {
        await using WebWorld world = await StartAsync();
        using Browser coach = await world.BrowserOfAsync("coach");
        using Browser athlete = await world.BrowserOfAsync(user: null);
        string coachs = await ProvenanceTests.CallbackOfAsync(world, coach, Athlete, "?connection=athlete-77");
        string athletes = await CallbackAsync(world, athlete);

        // Both at once; and then the athlete again, when both connections are there.
        await Task.WhenAll(FinishAsync(coach, coachs), FinishAsync(athlete, athletes));
        using Browser again = await world.BrowserOfAsync(user: null);
        await FinishAsync(again, await CallbackAsync(world, again));

        (await athlete.GetAsync("/whoami")).Text.Should().Be("user-77");
        (await again.GetAsync("/whoami")).Text.Should().Be("user-77");
        (await coach.GetAsync("/whoami")).Text.Should().Be("coach");
        (await world.Tokens.GetStatusAsync(new TokenKey(WebWorld.Acme, "coach", "athlete-77"))).State.Should().Be(TokenState.Valid);
    }

    [Theory]
    [InlineData(null, "user-77")]
    [InlineData(false, "user-77")]
    [InlineData(true, "ada")]
    public async Task A_connection_that_a_signed_in_user_makes_signs_in_if_the_app_allows_it_at_the_start(bool? isAllowed, string expected)
    {
        await using WebWorld world = await StartAsync(o => o.AllowSignIn = isAllowed is { } answer ? (_, _) => answer : null);
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        string adas = await ProvenanceTests.CallbackOfAsync(world, ada, Athlete);
        string bobs = await ProvenanceTests.CallbackOfAsync(world, bob, "78");
        await Task.WhenAll(FinishAsync(ada, adas), FinishAsync(bob, bobs));

        using Browser nobody = await world.BrowserOfAsync(user: null);
        world.Server.SignedInUser = world.Server.AddUser("again", Athlete);
        await nobody.ConnectAsync();

        (await nobody.GetAsync("/whoami")).Text.Should().Be(expected);
    }

    [Fact]
    public async Task A_form_does_not_decide_it()
    {
        await using WebWorld world = await StartAsync();
        using Browser coach = await world.BrowserOfAsync("coach");
        world.Server.SignedInUser = world.Server.AddUser("athlete", Athlete);
        Seen page = await coach.GetAsync("/connections/acme/connect");
        Seen start = await coach.PressAsync(page, "/connect", ("allowsSignIn", "true"), ("signIn", "true"), ("userId", "user-77"));
        await FinishAsync(coach, (await coach.GetAsync(start.Location!)).Location!);

        using Browser athlete = await world.BrowserOfAsync(user: null);
        await FinishAsync(athlete, await CallbackAsync(world, athlete));

        (await athlete.GetAsync("/whoami")).Text.Should().Be("user-77");
    }

    [Fact]
    public async Task Who_may_sign_in_still_may_after_a_refresh_and_after_connecting_again()
    {
        await using WebWorld world = await StartAsync();
        using Browser athlete = await world.BrowserOfAsync(user: null);
        await FinishAsync(athlete, await CallbackAsync(world, athlete));
        world.Clock.Advance(TimeSpan.FromHours(2));
        await world.Tokens.GetAccessTokenAsync(world.Key("user-77"));
        await athlete.ConnectAsync(); // Signed in by now.

        (await world.Store.Inner.FindAsync(world.Key("user-77"), CancellationToken.None))!.Tokens.SignInIssuer.Should().NotBeNull();
        using Browser again = await world.BrowserOfAsync(user: null);
        await FinishAsync(again, await CallbackAsync(world, again));
        (await again.GetAsync("/whoami")).Text.Should().Be("user-77");
    }

    [Theory]
    [InlineData(false, "user-77")]
    [InlineData(true, "ada")]
    public async Task An_import_states_whether_its_connections_sign_in(bool allowSignIn, string expected)
    {
        await using WebWorld world = await StartAsync();
        TokenImporter importer = world.App.Services.GetRequiredService<TokenImporter>();
        ImportMapping mapping = new()
        {
            Provider = WebWorld.Acme, UserIdColumn = "user", AccessTokenColumn = "at", RefreshTokenColumn = "rt", AccountIdColumn = "account", AllowSignIn = allowSignIn,
        };
        await importer.ImportAsync(Rows(mapping), new ImportOptions { DryRun = false });

        using Browser ada = await world.BrowserOfAsync(user: null);
        using Browser bob = await world.BrowserOfAsync(user: null);
        string adas = await CallbackAsync(world, ada);
        string bobs = await ProvenanceTests.CallbackOfAsync(world, bob, "78");
        await Task.WhenAll(FinishAsync(ada, adas), FinishAsync(bob, bobs));

        (await ada.GetAsync("/whoami")).Text.Should().Be(expected);
        (await bob.GetAsync("/whoami")).Text.Should().Be("user-78");
    }

    private static async IAsyncEnumerable<ImportRow> Rows(ImportMapping mapping)
    {
        await Task.Yield();
        yield return mapping.Read(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["user"] = "ada", ["at"] = TestKit.Canary.New("at"), ["rt"] = TestKit.Canary.New("rt"), ["account"] = Athlete,
        });
    }

    private static Task<string> CallbackAsync(WebWorld world, Browser browser) => ProvenanceTests.CallbackOfAsync(world, browser, Athlete);

    private static async Task FinishAsync(Browser browser, string callback) => (await browser.FollowAsync(await browser.GetAsync(callback))).Text.Should().Contain("is connected");

    private static Task<WebWorld> StartAsync(Action<TokenLifecycleWebOptions>? web = null) => WebWorld.StartAsync(
        web: o =>
        {
            o.SignInProviders.Add(WebWorld.Acme);
            web?.Invoke(o);
        },
        builder: b => b.AddUserCreator<ProvenanceTests.ByAccount>());
}
