using TokenLifecycle.Options;

namespace TokenLifecycle.AspNetCore.Tests.Callback;

/// <summary>The callback's scopes are a hint: the browser can take away, and add nothing.</summary>
[Trait("Rule", "FS-13")]
public sealed class CallbackScopeTests
{
    [Theory]
    [InlineData("read write admin", new[] { "read", "write" })]
    [InlineData("admin", new string[0])]
    [InlineData("read READ read", new[] { "read" })]
    [InlineData("", new string[0])]
    public async Task Of_the_callbacks_scopes_only_those_that_were_asked_for_are_kept(string scope, string[] kept)
    {
        await using WebWorld world = await WebWorld.StartAsync(provider: o => o.GrantedScopesFrom = [GrantedScopesSource.Callback]);
        using Browser eve = await world.BrowserOfAsync("eve");
        using Browser bob = await world.BrowserOfAsync("bob");
        string[] callbacks = [await eve.ToCallbackAsync() + "&scope=" + Uri.EscapeDataString(scope), await bob.ToCallbackAsync() + "&scope=read%20write"];

        await Task.WhenAll(eve.GetAsync(callbacks[0]), bob.GetAsync(callbacks[1]));

        (await world.Tokens.GetStatusAsync(world.Key("eve"))).GrantedScopes.Should().Equal(kept);
        (await world.Tokens.GetStatusAsync(world.Key("bob"))).GrantedScopes.Should().Equal("read", "write");
    }
}
