using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>C10: a provider that rejects everybody's grant has a fault or does not know the client; its users did not all leave at once.</summary>
public sealed class MassRejectionTests
{
    [Fact]
    public async Task C10_When_all_grants_are_rejected_at_once_the_verdicts_are_held_back_and_the_tokens_kept()
    {
        var events = new EventRecorder();
        var log = new LogRecorder();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(events).AddLogging(l => l.AddProvider(log)));
        TokenKey[] keys = await world.ConnectManyAsync(50);
        var tokens = new List<TokenSet>();
        foreach (TokenKey key in keys)
            tokens.Add((await world.StoredAsync(key)).Tokens);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, WorldExtensions.InvalidGrant));

        var refusals = new List<TokenException>();
        foreach (TokenKey key in keys)
            refusals.Add(await world.RefusalAsync(key));

        refusals.Should().AllBeOfType<TokenTemporarilyUnavailableException>();
        refusals.Cast<TokenTemporarilyUnavailableException>().Should().OnlyContain(e => e.Kind == TokenFailureKind.GrantRejected);
        refusals.Skip(1).Cast<TokenTemporarilyUnavailableException>().Should().OnlyContain(e => e.RetryAfter >= TimeSpan.FromMinutes(5));
        for (int i = 0; i < keys.Length; i++)
        {
            StoredToken row = await world.StoredAsync(keys[i]);
            row.Tokens.RefreshToken.Should().Be(tokens[i].RefreshToken);
            row.Reauthorization.Should().BeNull();
        }

        await events.WaitForAsync(TokenEventKind.MassRejectionHeld);
        log.Lines.Should().ContainSingle(line => line.Id == 11).Which.Level.Should().Be(LogLevel.Critical);
        world.Refreshes.Should().Be(50);
    }

    [Fact]
    public async Task C10_The_held_ones_are_not_asked_again_for_five_minutes_and_then_resume_without_their_users()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(20);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, WorldExtensions.InvalidGrant));
        foreach (TokenKey key in keys)
            await world.RefusalAsync(key);

        world.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        foreach (TokenKey key in keys.Skip(1))
            (await world.RefusalAsync(key)).Should().BeOfType<TokenTemporarilyUnavailableException>();
        world.Refreshes.Should().Be(20);

        world.Server.TokenEndpoint.Recover();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        foreach (TokenKey key in keys)
            await world.Tokens.GetAccessTokenAsync(key);
    }

    [Fact]
    public async Task C10_Rejections_among_many_successes_are_believed()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(30);
        world.Clock.Advance(TimeSpan.FromHours(2));
        foreach (TokenKey key in keys.Take(10))
            world.Server.TokenEndpoint.FailAlways(Fault.Body(400, WorldExtensions.InvalidGrant), await world.RequestsOfAsync(key));
        foreach (TokenKey key in keys)
        {
            (AccessToken? token, TokenException? refusal) = await world.TryGetAsync(key);
            (token is null).Should().Be(refusal is TokenTemporarilyUnavailableException);
        }

        world.Clock.Advance(TimeSpan.FromMinutes(6));
        foreach (TokenKey key in keys.Take(10))
            (await world.RefusalAsync(key)).Should().BeOfType<ReauthorizationRequiredException>();
    }

    [Fact]
    public async Task C10_One_provider_does_not_hold_back_the_verdicts_on_another()
    {
        World? world = null;
        await using World made = await World.StartAsync(services: s => s.AddTokenLifecycle().AddProvider("other", o => world!.Server.Configure(o)));
        world = made;
        TokenKey[] keys = await world.ConnectManyAsync(10);
        var other = new TokenKey("other", "ada");
        await world.ConnectAsync(other);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, WorldExtensions.InvalidGrant));
        foreach (TokenKey key in keys)
            await world.RefusalAsync(key);

        (await world.RefusalAsync(other)).Should().BeOfType<ReauthorizationRequiredException>();
    }
}
