using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>D1 to D3, D5, D6, D11, D12: when a token ends, however the provider says so.</summary>
public sealed class ExpiryTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData("\"expires_in\":1800,\"expires_at\":1", 1800)]
    [InlineData("\"expires_in\":\"1800\"", 1800)]
    [InlineData("\"expires_in\":1800.9", 1800)]
    [InlineData("\"expires_at\":{now+900}", 900)]
    [InlineData("\"expires_in\":\"177:05:38\"", 3600)] // Not a number: as without it.
    [InlineData("\"expires_in\":null", 3600)]
    [InlineData("", 3600)] // D2: the lifetime of the token before, not its end.
    [InlineData("\"expires_in\":99999999999999999999", 3600)] // Longer than any provider can mean: as without it.
    public async Task D1_D2_D3_A_reply_tells_its_lifetime_in_many_ways(string member, int seconds)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        long now = world.Clock.GetUtcNow().ToUnixTimeSeconds() + 900;
        world.Server.TokenEndpoint.FailNext(Reply(member.Replace("{now+900}", $"{now}", StringComparison.Ordinal)));

        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);

        token.ExpiresAt.Should().Be(world.Clock.GetUtcNow() + TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public async Task D1_Without_any_lifetime_the_settings_count_and_without_them_it_is_unknown()
    {
        await using World world = await World.StartAsync(provider: o => o.DefaultLifetime = TimeSpan.FromMinutes(20));
        await using World unknown = await World.StartAsync();
        foreach (World each in (World[])[world, unknown])
            await each.Tokens.SaveAsync(each.Key, new TokenSet { AccessToken = Canary.New("access"), RefreshToken = Canary.New("refresh") });

        (await world.Tokens.GetAccessTokenAsync(world.Key)).ExpiresAt.Should().Be(world.Clock.GetUtcNow() + TimeSpan.FromMinutes(20));
        (await unknown.Tokens.GetAccessTokenAsync(unknown.Key)).ExpiresAt.Should().BeNull();
    }

    [Fact]
    public async Task D1_A_token_of_unknown_end_is_used_until_it_is_rejected_and_then_refreshed()
    {
        await using World world = await World.StartAsync();
        TokenSet issued = world.Server.IssueTokens(world.User, "read");
        await world.Tokens.SaveAsync(world.Key, new TokenSet { AccessToken = issued.AccessToken, RefreshToken = issued.RefreshToken });
        world.Clock.Advance(TimeSpan.FromDays(400));

        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key, Hour);
        token.Value.Should().Be(issued.AccessToken);
        (await world.StatusAsync()).State.Should().Be(TokenState.Valid);
        AccessToken newer = await world.Tokens.RefreshAsync(world.Key, token);

        newer.Value.Should().NotBe(issued.AccessToken);
        world.Refreshes.Should().Be(1);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-3600")]
    [InlineData("\"0\"")]
    public async Task D3_D5_A_token_that_is_over_on_arrival_is_a_failure_and_never_a_loop(string expiresIn)
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Reply($"\"expires_in\":{expiresIn}"));

        for (int second = 0; second < 600; second++)
        {
            (await world.RefusalAsync()).Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.ExpiredTokenReturned);
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        // Pauses of 1, 2, 4, 8, 16 and then 30 s, of which at least half is waited.
        world.Refreshes.Should().BeLessThanOrEqualTo(6 + (600 / 15));
        (await world.StatusAsync()).LastFailure!.Kind.Should().Be(TokenFailureKind.ExpiredTokenReturned);
    }

    [Fact]
    public async Task D5_G1_A_token_that_is_over_on_arrival_does_not_replace_one_that_still_works()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectAsync();
        string refreshToken = Canary.New("refresh");
        world.Server.TokenEndpoint.FailAlways(Fault.Body(200, $$"""{"access_token":"{{Canary.New("dead")}}","token_type":"Bearer","expires_in":0,"refresh_token":"{{refreshToken}}"}"""));
        world.Clock.Advance(TimeSpan.FromMinutes(58));

        await world.Tokens.GetAccessTokenAsync(world.Key);
        await world.IdleAsync();

        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().Be(old.AccessToken);
        StoredToken row = await world.StoredAsync();
        row.Tokens.RefreshToken.Should().Be(refreshToken, "it is the newest there is");
        row.Failure!.Kind.Should().Be(TokenFailureKind.ExpiredTokenReturned);
    }

    [Fact]
    public async Task D6_A_lifetime_is_counted_from_the_start_of_the_request()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        DateTimeOffset started = world.Clock.GetUtcNow();
        FaultHold hold = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(hold);

        Task<AccessToken> asked = world.Tokens.GetAccessTokenAsync(world.Key).AsTask();
        await hold.Reached;
        world.Clock.Advance(TimeSpan.FromSeconds(8));
        hold.Release();

        (await asked).ExpiresAt.Should().Be(started + Hour);
    }

    [Fact]
    public async Task D11_The_token_of_a_set_that_ends_first_says_when_to_refresh()
    {
        await using World world = await World.StartAsync();
        TokenSet issued = world.Server.IssueTokens(world.User, "read");
        await world.Tokens.SaveAsync(world.Key, new TokenSet
        {
            AccessToken = issued.AccessToken,
            RefreshToken = issued.RefreshToken,
            ExpiresAt = world.Clock.GetUtcNow() + Hour,
            RefreshTokenExpiresAt = world.Clock.GetUtcNow() + TimeSpan.FromMinutes(20),
        });

        world.Clock.Advance(TimeSpan.FromMinutes(13));
        await world.Tokens.GetAccessTokenAsync(world.Key);
        await world.IdleAsync();
        world.Refreshes.Should().Be(0);
        world.Clock.Advance(TimeSpan.FromMinutes(4));
        await world.Tokens.GetAccessTokenAsync(world.Key);
        await world.IdleAsync();

        world.Refreshes.Should().Be(1);
        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().NotBe(issued.AccessToken);
    }

    [Fact]
    public async Task D11_A_refresh_token_whose_end_never_moves_is_not_refreshed_in_a_loop()
    {
        await using World world = await World.StartAsync(server: o =>
        {
            o.Rotation = Rotation.Static;
            o.RefreshTokenLifetime = TimeSpan.FromHours(3);
            o.SendRefreshTokenExpiresIn = true;
        });
        await world.ConnectAsync();

        for (int minute = 0; minute < 178; minute++)
        {
            await world.Tokens.GetAccessTokenAsync(world.Key);
            await world.IdleAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        world.Refreshes.Should().BeInRange(3, 12);
    }

    [Fact]
    public async Task D12_Who_needs_a_token_for_a_while_gets_one_that_lasts()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(30));

        AccessToken enough = await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromMinutes(30));
        AccessToken longer = await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromMinutes(31));

        enough.Value.Should().Be(old.AccessToken);
        longer.ExpiresAt.Should().Be(world.Clock.GetUtcNow() + Hour);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task D12_More_than_a_token_can_last_is_said_and_not_tried_for_ever()
    {
        var log = new LogRecorder();
        await using World world = await World.StartAsync(services: s => s.AddLogging(l => l.AddProvider(log)));
        await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(10));

        for (int call = 0; call < 100; call++)
            (await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromHours(2))).ExpiresAt.Should().Be(world.Clock.GetUtcNow() + Hour);

        world.Refreshes.Should().Be(1);
        log.CountOf(14).Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task D12_A_negative_need_is_a_mistake() =>
        await FluentActions.Awaiting(async () =>
        {
            await using World world = await World.StartAsync();
            await world.Tokens.GetAccessTokenAsync(world.Key, TimeSpan.FromSeconds(-1));
        }).Should().ThrowAsync<ArgumentOutOfRangeException>();

    private static Fault Reply(string member) =>
        Fault.Body(200, $$"""{"access_token":"{{Canary.New("access")}}","token_type":"Bearer"{{(member.Length == 0 ? "" : ",")}}{{member}}}""");
}
