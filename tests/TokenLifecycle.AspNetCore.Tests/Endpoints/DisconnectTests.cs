using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>What becomes of a grant when its user presses Disconnect, and what they are told.</summary>
public sealed class DisconnectTests
{
    private static readonly (string, string) Json = ("Accept", "application/json");

    [Fact]
    public async Task RV_2_Disconnecting_revokes_the_refresh_token_with_client_authentication_and_a_hint_in_one_request()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();

        Seen done = await browser.PressAsync(await browser.GetAsync("/connections/acme/connect"), "/disconnect");

        done.Text.Should().Contain("has confirmed that access is withdrawn");
        RecordedRequest request = Revocations(world).Should().ContainSingle().Which;
        request.Body.Should().Contain("token=").And.Contain("token_type_hint=refresh_token").And.NotContain("token_type_hint=access_token");
        RevocationEntry entry = world.Server.Log.Revocations.Should().ContainSingle().Which;
        (entry.Accepted, entry.ClientAuthentication.Length > 0).Should().Be((true, true));
        Func<Task> refresh = () => world.Tokens.RefreshAsync(world.Key("ada"));
        (await refresh.Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
    }

    [Fact]
    public async Task RV_2_A_token_that_the_provider_has_forgotten_is_a_success()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        world.Server.RevokeGrant(world.Server.SignedInUser);

        Seen done = await browser.PressAsync(await browser.GetAsync("/connections/acme/connect"), "/disconnect");

        (done.Status, done.Text).Should().Match<(int Status, string Text)>(seen => seen.Status == 200 && seen.Text.Contains("has confirmed that access is withdrawn"));
    }

    [Theory]
    [InlineData(503, "60", "Failed", "did not confirm it")]
    [InlineData(400, null, "Failed", "did not confirm it")]
    public async Task RV_2_RV_5_A_revocation_that_was_not_confirmed_is_said_and_holds_up_no_local_removal(int status, string? retryAfter, string atProvider, string text)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        Seen page = await browser.GetAsync("/connections/acme/connect");
        world.Server.RevocationEndpoint.FailAlways(Fault.Status(status, retryAfter));

        Seen told = await PostAsync(browser, page);

        told.Status.Should().Be(200);
        told.Text.Should().Contain($"\"atProvider\":\"{atProvider}\"").And.Contain(text).And.Contain("in your settings there");
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Missing);
    }

    [Fact]
    public async Task RV_2_A_provider_without_revocation_is_reported_to_the_user_and_not_hidden()
    {
        await using WebWorld world = await WebWorld.StartAsync(provider: o => o.RevocationEndpoint = null);
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        Seen page = await browser.GetAsync("/connections/acme/connect");

        (await PostAsync(browser, page)).Text.Should().Contain("\"atProvider\":\"NotSupported\"").And.Contain("let this app revoke access");

        Revocations(world).Should().BeEmpty();
        (await PostAsync(browser, page)).Text.Should().Contain("\"atProvider\":\"NotConnected\"").And.Contain("There was no connection");
    }

    [Fact]
    public async Task RV_3_A_disconnect_while_a_page_refreshes_stays_and_what_was_minted_is_revoked_too()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        Seen page = await browser.GetAsync("/connections/acme/connect");
        string antiforgery = page.Text.Split("name=\"tokenlifecycle_form\" value=\"")[1].Split('"')[0];
        world.Clock.Advance(TimeSpan.FromHours(12));
        FaultHold held = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(held);
        Task<Seen> refresh = browser.PostAsync("/connections/acme/refresh", [new("tokenlifecycle_form", antiforgery)], ("Accept", "application/json"));
        await held.Reached;

        Seen disconnected = await browser.PressAsync(page, "/disconnect");
        held.Release();

        disconnected.Text.Should().Contain("Disconnected");
        (await refresh).Status.Should().Be(401);
        world.Server.Log.Revocations.Select(revocation => revocation.TokenFingerprint).Distinct().Should().HaveCountGreaterThanOrEqualTo(2, "the old one and the new one");
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Missing);
    }

    private static IEnumerable<RecordedRequest> Revocations(WebWorld world) =>
        world.Server.Log.Requests.Where(request => request.Path == world.Server.RevocationEndpoint.Address.AbsolutePath);

    private static Task<Seen> PostAsync(Browser browser, Seen page) =>
        browser.PostAsync("/connections/acme/disconnect", [new("tokenlifecycle_form", page.Text.Split("name=\"tokenlifecycle_form\" value=\"")[1].Split('"')[0])], Json);
}
