using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.State;

/// <summary>D10: refresh tokens that end.</summary>
public sealed class RefreshTokenDeadlineTests
{
    private static readonly TimeSpan Days60 = TimeSpan.FromDays(60);

    [Fact]
    public async Task D10_A_refresh_token_that_idleness_ends_is_used_in_time_although_the_access_token_never_ends()
    {
        await using World world = await World.StartAsync(
            server: o => (o.RefreshTokenIdleLifetime, o.AccessTokenLifetime) = (Days60, TimeSpan.FromDays(3000)),
            provider: o => (o.RefreshTokenIdleLimit, o.ExpiresInField, o.RefreshTokenExpiresInField) = (Days60, "none", "none"));
        await ConnectWithoutEndAsync(world);

        for (int day = 0; day < 365; day++)
        {
            world.Clock.Advance(TimeSpan.FromDays(1));
            await world.SweepAsync();
        }

        world.Refreshes.Should().BeInRange(7, 9, "each lasts 60 days and is used after some 43");
        (await world.StoredAsync()).Reauthorization.Should().BeNull();
        (await world.StoredAsync()).Tokens.RefreshTokenExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
    }

    [Fact]
    public async Task D10_Of_a_refresh_token_that_nothing_prolongs_the_app_is_told_once_and_more_than_a_week_before()
    {
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(
            server: o => o.AccessTokenLifetime = TimeSpan.FromDays(20),
            provider: o => (o.RefreshTokenAbsoluteLimit, o.RefreshTokenExpiresInField) = (Days60, "none"),
            services: s => s.AddSingleton<ITokenLifecycleObserver>(recorder));
        await world.ConnectAsync();
        DateTimeOffset end = world.Clock.GetUtcNow() + Days60;

        while (world.Clock.GetUtcNow() < end - TimeSpan.FromDays(1))
        {
            world.Clock.Advance(TimeSpan.FromHours(12));
            await world.SweepAsync();
        }

        TokenEvent told = await recorder.WaitForAsync(TokenEventKind.RefreshTokenExpiring);
        told.At.Should().BeBefore(end - TimeSpan.FromDays(7)).And.BeAfter(end - TimeSpan.FromDays(15));
        recorder.Events.Count(e => e.Kind == TokenEventKind.RefreshTokenExpiring).Should().Be(1);
        (await world.StoredAsync()).Tokens.RefreshTokenExpiresAt.Should().Be(end);
    }

    [Fact]
    public void Two_limits_at_once_are_refused()
    {
        var options = new OAuthProviderOptions { RefreshTokenIdleLimit = Days60, RefreshTokenAbsoluteLimit = Days60 };
        var problems = new SettingProblems("Provider acme", "the section");

        ProviderReplyRules.Check(problems, options);

        problems.ToResult().FailureMessage.Should().Contain("RefreshTokenAbsoluteLimit is set together with RefreshTokenIdleLimit");
    }

    [Fact]
    public async Task A_grant_that_became_smaller_is_told_of()
    {
        var recorder = new EventRecorder();
        await using World world = await World.StartAsync(services: s => s.AddSingleton<ITokenLifecycleObserver>(recorder));
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Transform(body => body.Replace("\"scope\":\"read\"", "\"scope\":\"profile\"", StringComparison.Ordinal)));

        await world.GetAsync();

        (await recorder.WaitForAsync(TokenEventKind.ScopesReduced)).Key.Should().Be(world.Key);
    }

    private static async Task ConnectWithoutEndAsync(World world)
    {
        TokenSet issued = world.Server.IssueTokens(world.User, "read");
        await world.Tokens.SaveAsync(world.Key, new TokenSet { AccessToken = issued.AccessToken, RefreshToken = issued.RefreshToken, Scopes = issued.Scopes });
    }
}
