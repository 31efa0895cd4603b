using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

public sealed class DisconnectTests
{
    [Fact]
    public async Task RV_3_A_disconnect_while_a_page_refreshes_stays_and_what_was_minted_is_revoked_too()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        Seen page = await browser.GetAsync("/connections/acme/connect");
        string antiforgery = page.Text.Split("name=\"__RequestVerificationToken\" value=\"")[1].Split('"')[0];
        world.Clock.Advance(TimeSpan.FromHours(12));
        FaultHold held = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(held);
        Task<Seen> refresh = browser.PostAsync("/connections/acme/refresh", [new("__RequestVerificationToken", antiforgery)], ("Accept", "application/json"));
        await held.Reached;

        Seen disconnected = await browser.PressAsync(page, "/disconnect");
        held.Release();

        disconnected.Text.Should().Contain("Disconnected");
        (await refresh).Status.Should().Be(401);
        world.Server.Log.Revocations.Select(revocation => revocation.TokenFingerprint).Distinct().Should().HaveCountGreaterThanOrEqualTo(2, "the old one and the new one");
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Missing);
    }
}
