using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>F21: the way between a process and a provider is cut in one direction, and nobody is told. The way to the store is the same test's with a database.</summary>
public sealed class PartitionTests
{
    private const string Other = "other";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F21_A_provider_that_is_cut_off_in_one_direction_holds_callers_to_the_deadline_and_neither_another_provider_nor_another_process(bool answersAreLost)
    {
        Link? link = null;
        World? world = null;
        await using World made = await World.StartAsync(
            server: o => o.ReuseGrace = TimeSpan.FromHours(1),
            provider: o => PutBehind(o, link, world!),
            services: s => s.AddTokenLifecycle().AddProvider(Other, o => world!.Server.Configure(o)));
        world = made;
        await using Link way = link = new Link(world.Server.Address.Port);
        var other = new TokenKey(Other, "bob");
        await world.ConnectAsync(other, world.Server.AddUser("bob"));
        await world.ConnectExpiredAsync();
        if (answersAreLost)
            way.LoseAnswers();
        else
            way.LoseRequests();

        // The clock stands still while the others are served: they wait for nothing.
        Task<AccessToken> cutOff = world.GetAsync();
        await way.Lost;
        (await world.GetAsync(other)).ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
        cutOff.IsCompleted.Should().BeFalse();
        world.Clock.Advance(new TokenLifecycleOptions().TokenEndpointTimeout + StallWatch.Look);

        (await FluentActions.Awaiting(() => cutOff).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.NoAnswer);
        world.Refreshes.Should().Be(answersAreLost ? 2 : 1, "one is the other provider's, and what was lost on its way there never arrived");

        // A process whose way is whole goes on with the same connection, once its turn has come.
        link = null;
        ServiceProvider whole = world.NewProcess();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        AccessToken token = await whole.Tokens().GetAccessTokenAsync(world.Key);

        way.Heal();
        (await world.GetAsync()).Value.Should().Be(token.Value);
        (await world.StoredAsync()).Reauthorization.Should().BeNull();
        world.Server.Log.MaxPresentations.Should().BeLessThanOrEqualTo(2);
    }

    private static void PutBehind(OAuthProviderOptions options, Link? link, World world)
    {
        if (link is null)
            return;
        options.TokenEndpoint = new UriBuilder(world.Server.TokenEndpoint.Address) { Port = link.Port }.Uri.AbsoluteUri;
        options.PreviousTokenEndpointOrigins = [world.Server.Address.GetLeftPart(UriPartial.Authority)];
    }
}
