using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Callback;

public sealed class ConnectTests
{
    [Fact]
    public async Task A_user_connects_and_is_connected()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");

        Seen end = await browser.ConnectAsync();

        end.Status.Should().Be(200, end.Text);
        end.Text.Should().Contain("acme is connected");
        CanaryWatch.Inspect(end.Text);
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(TokenState.Valid);
        world.Exchanges.Should().Be(1);
    }

    [Fact]
    public async Task CB_9_What_follows_the_callback_is_a_clean_address()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync(query: "?returnUrl=/dashboard?tab=1");

        Seen answer = await browser.GetAsync(callback);

        answer.Status.Should().Be(303);
        answer.Location.Should().Be("/dashboard?tab=1");
        answer.Headers["Cache-Control"].Should().Be("no-store");
        answer.Headers["Referrer-Policy"].Should().Be("no-referrer");
        answer.Text.Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "F50")]
    public async Task CB_4_H1_Fifty_callbacks_at_once_exchange_the_code_once_and_all_get_the_success_page()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();
        FaultHold held = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(held);

        Task<Seen>[] all = [.. Enumerable.Range(0, 50).Select(_ => browser.Copy().GetAsync(callback))];
        await held.Reached;
        held.Release();
        Seen[] seen = await Task.WhenAll(all);
        Seen late = await browser.GetAsync(callback);

        world.Exchanges.Should().Be(1);
        seen.Append(late).Should().OnlyContain(s => s.Status == 303 && s.Location == seen[0].Location);
        (await browser.GetAsync(seen[0].Location!)).Text.Should().Contain("acme is connected");
    }
}
