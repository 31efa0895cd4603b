using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Background;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>Many at once: issued together, overdue together, limited together.</summary>
public sealed class BacklogTests
{
    [Fact]
    public async Task F37_A_backlog_is_spread_over_the_lifetime_and_who_asks_for_a_token_does_not_wait_for_it()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(200);
        world.Clock.Advance(TimeSpan.FromHours(24));
        var tally = new BackgroundRefreshProgress();

        await await world.Services.GetRequiredService<RefreshSweeper>().PassAsync(World.Provider, tally, spreads: true, progress: null, CancellationToken.None);

        tally.ToReport().Should().BeEquivalentTo(new RefreshSweepReport { Due = 200, Spread = 200 });
        world.Refreshes.Should().Be(0);
        DateTimeOffset now = world.Clock.GetUtcNow();
        StoredToken[] rows = await Task.WhenAll(keys.Select(key => world.StoredAsync(key)));
        rows.Should().OnlyContain(row => row.NextRefreshAt >= now && row.NextRefreshAt <= now + TimeSpan.FromMinutes(54) && row.Intent == null);
        rows.Count(row => row.NextRefreshAt < now + TimeSpan.FromMinutes(27)).Should().BeInRange(70, 130, "they are spread evenly");
        (await world.GetAsync(keys[0])).ExpiresAt.Should().BeAfter(now);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task F37_A_backlog_that_was_spread_drains_at_its_times()
    {
        await using World world = await World.StartAsync();
        await world.ConnectManyAsync(60);
        world.Clock.Advance(TimeSpan.FromHours(24));
        RefreshSweeper sweeper = world.Services.GetRequiredService<RefreshSweeper>();

        List<int> perMinute = [];
        for (int minute = 0; minute < 56; minute++)
        {
            int before = world.Refreshes;
            await await sweeper.PassAsync(World.Provider, new BackgroundRefreshProgress(), spreads: true, progress: null, CancellationToken.None);
            perMinute.Add(world.Refreshes - before);
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        perMinute.Sum().Should().Be(60);
        perMinute.Max().Should().BeLessThan(8);
    }

    [Fact]
    public async Task F37_A_backlog_of_connections_that_have_all_failed_during_the_outage_is_spread_as_any_other()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(40);
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500));
        world.Clock.Advance(TimeSpan.FromHours(1));
        RefreshSweeper sweeper = world.Services.GetRequiredService<RefreshSweeper>();
        while ((await Task.WhenAll(keys.Select(key => world.StoredAsync(key)))).Any(static row => row.Failure is null))
        {
            await await sweeper.PassAsync(World.Provider, new BackgroundRefreshProgress(), spreads: true, progress: null, CancellationToken.None);
            world.Clock.Advance(TimeSpan.FromSeconds(30));
        }

        world.Clock.Advance(TimeSpan.FromHours(1));
        world.Server.TokenEndpoint.Recover();
        int before = world.Refreshes;
        var tally = new BackgroundRefreshProgress();

        await await sweeper.PassAsync(World.Provider, tally, spreads: true, progress: null, CancellationToken.None);

        tally.ToReport().Should().BeEquivalentTo(new RefreshSweepReport { Due = 40, Refreshed = 1, Spread = 39 }, "one finds out that the provider is back");
        (world.Refreshes - before).Should().Be(1);
        foreach (TokenKey key in keys)
            (await world.GetAsync(key)).ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow(), "who asks does not wait for the spread");
    }

    [Theory]
    [InlineData(500, TokenFailureKind.ProviderUnavailable)]
    [InlineData(0, TokenFailureKind.Network)]
    public async Task F37_What_has_found_out_to_the_last_that_the_outage_was_not_over_is_spread_with_the_rest_and_who_asks_does_not_wait(int status, TokenFailureKind kind)
    {
        World? made = null;
        bool isAway = false;
        await using World world = made = await World.StartAsync(provider: o => PutAway(o, isAway, made!));
        TokenKey[] keys = await world.ConnectManyAsync(40);
        isAway = status == 0;
        world.ReloadProvider();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(status));
        RefreshSweeper sweeper = world.Services.GetRequiredService<RefreshSweeper>();
        world.Clock.Advance(TimeSpan.FromHours(1));
        for (int halfMinute = 0; halfMinute < 120; halfMinute++)
        {
            await world.RunShortAsync(sweeper.PassAsync(World.Provider, new BackgroundRefreshProgress(), spreads: true, progress: null, CancellationToken.None).Unwrap());
            world.Clock.Advance(TimeSpan.FromSeconds(30));
        }

        DateTimeOffset now = world.Clock.GetUtcNow();
        StoredToken[] rows = await Task.WhenAll(keys.Select(key => world.StoredAsync(key)));
        rows.Should().OnlyContain(row => row.Failure!.Kind == kind && row.Failure.At > now - TimeSpan.FromMinutes(30), "by their own times they are not overdue for long");
        isAway = false;
        world.ReloadProvider();
        world.Server.TokenEndpoint.Recover();
        var tally = new BackgroundRefreshProgress();

        await await sweeper.PassAsync(World.Provider, tally, spreads: true, progress: null, CancellationToken.None);

        tally.ToReport().Should().BeEquivalentTo(new RefreshSweepReport { Due = 40, Refreshed = 1, Spread = 39 });
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        foreach (TokenKey key in keys)
            (await world.GetAsync(key)).ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow(), "who asks does not wait for the spread");
    }

    [Fact]
    public async Task F31_A_thousand_connections_keep_to_an_absurd_Retry_After_for_a_day_and_come_back_one_batch_and_then_at_their_times()
    {
        await using World world = await World.StartAsync();
        var keys = new List<TokenKey>();
        for (int i = 0; i < 1000; i++)
        {
            keys.Add(new TokenKey(World.Provider, $"user-{i}"));
            await world.ConnectAsync(keys[^1], world.Server.AddUser(keys[^1].UserId));
            world.Clock.Advance(TimeSpan.FromSeconds(3));
        }

        RefreshSweeper sweeper = world.Services.GetRequiredService<RefreshSweeper>();
        world.Clock.Advance(TimeSpan.FromMinutes(7));
        world.Server.TokenEndpoint.FailAlways(Fault.Status(429, "2147483647"));
        int asked = await SweepAsync(minutes: 1);
        asked.Should().BeInRange(1, 64, "what was under way when the first answer came");
        (await SweepAsync(minutes: (24 * 60) - 2)).Should().Be(0);
        world.Server.TokenEndpoint.Recover();

        List<int> perMinute = [];
        for (int minute = 0; minute < 160; minute++)
            perMinute.Add(await SweepAsync(minutes: 1));

        perMinute.Max().Should().BeLessThanOrEqualTo(64 + (2 * 1000 / 56), "one batch finds out that calls are welcome again");
        perMinute.Order().SkipLast(1).Last().Should().BeLessThanOrEqualTo(2 * 1000 / 56);
        foreach (TokenKey key in keys)
            (await world.StoredAsync(key)).Tokens.ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());

        async Task<int> SweepAsync(int minutes)
        {
            int before = world.Refreshes;
            for (int quarter = 0; quarter < 4 * minutes; quarter++)
            {
                await await sweeper.PassAsync(World.Provider, new BackgroundRefreshProgress(), spreads: true, progress: null, CancellationToken.None);
                world.Clock.Advance(TimeSpan.FromSeconds(15));
            }

            return world.Refreshes - before;
        }
    }

    [Fact]
    public async Task F37_After_a_quarter_of_an_hour_what_still_lives_is_refreshed_before_it_ends_and_the_rest_in_its_time()
    {
        await using World world = await World.StartAsync();
        var keys = new List<TokenKey>();
        for (int minute = 0; minute < 50; minute++)
        {
            for (int i = 0; i < 4; i++)
                {
                keys.Add(new TokenKey(World.Provider, $"user-{minute}-{i}"));
                await world.ConnectAsync(keys[^1], world.Server.AddUser(keys[^1].UserId));
            }

            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        RefreshSweeper sweeper = world.Services.GetRequiredService<RefreshSweeper>();
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500));
        for (int quarter = 0; quarter < 4 * 20; quarter++)
        {
            await await sweeper.PassAsync(World.Provider, new BackgroundRefreshProgress(), spreads: true, progress: null, CancellationToken.None);
            world.Clock.Advance(TimeSpan.FromSeconds(15));
        }

        world.Server.TokenEndpoint.Recover();
        int before = world.Refreshes;
        var tally = new BackgroundRefreshProgress();
        await await sweeper.PassAsync(World.Provider, tally, spreads: true, progress: null, CancellationToken.None);

        (world.Refreshes - before).Should().Be(1, "the one that found out that the provider is back");
        tally.ToReport().Spread.Should().BeGreaterThan(50);
        DateTimeOffset now = world.Clock.GetUtcNow();
        foreach (TokenKey key in keys)
        {
            StoredToken row = await world.StoredAsync(key);
            if (row.Tokens.ExpiresAt > now)
                row.NextRefreshAt.Should().BeOnOrBefore(row.Tokens.ExpiresAt.Value);
        }
    }

    [Fact]
    public async Task A_connection_that_fails_while_the_provider_works_is_tried_again_and_not_spread()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(59));
        RefreshSweeper sweeper = world.Services.GetRequiredService<RefreshSweeper>();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500));
        for (int halfMinute = 0; halfMinute < 60; halfMinute++)
        {
            await await sweeper.PassAsync(World.Provider, new BackgroundRefreshProgress(), spreads: true, progress: null, CancellationToken.None);
            world.Clock.Advance(TimeSpan.FromSeconds(30));
        }

        world.Refreshes.Should().Be(60);
        world.Server.TokenEndpoint.Recover();
        var tally = new BackgroundRefreshProgress();
        await await sweeper.PassAsync(World.Provider, tally, spreads: true, progress: null, CancellationToken.None);
        tally.ToReport().Should().BeEquivalentTo(new RefreshSweepReport { Due = 1, Refreshed = 1 });
    }

    [Fact]
    public async Task A_backlog_whose_refresh_tokens_end_soon_is_not_spread()
    {
        await using World world = await World.StartAsync(provider: o => o.RefreshTokenIdleLimit = TimeSpan.FromHours(25));
        await world.ConnectManyAsync(5);
        world.Clock.Advance(TimeSpan.FromHours(24));
        var tally = new BackgroundRefreshProgress();

        await await world.Services.GetRequiredService<RefreshSweeper>().PassAsync(World.Provider, tally, spreads: true, progress: null, CancellationToken.None);

        tally.ToReport().Should().BeEquivalentTo(new RefreshSweepReport { Due = 5, Refreshed = 5 });
    }

    [Fact]
    public async Task No_more_are_begun_in_a_second_than_the_provider_is_said_to_take()
    {
        await using World world = await World.StartAsync(provider: o => o.MaxRefreshesPerSecond = 10);
        await world.ConnectManyAsync(50);
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        DateTimeOffset start = world.Clock.GetUtcNow();
        Task<RefreshSweepReport> sweep = world.SweepAsync();

        await world.RunShortAsync(sweep);

        (await sweep).Refreshed.Should().Be(50);
        (world.Clock.GetUtcNow() - start).Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(3.9), "a second's worth at once, the rest in time");
    }

    [Fact]
    public async Task While_a_provider_is_down_one_connection_at_a_time_finds_out_and_none_is_marked()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(200);
        world.Server.TokenEndpoint.FailAlways(Fault.Status(500));
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        RefreshSweepReport first = await world.SweepAsync();
        int atFirst = world.Refreshes;

        RefreshSweepReport meanwhile = await world.SweepAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(16));
        RefreshSweepReport probe = await world.SweepAsync();

        first.ProvidersLeftOut.Should().Equal(World.Provider);
        meanwhile.Should().BeEquivalentTo(new RefreshSweepReport { ProvidersLeftOut = [World.Provider] });
        probe.Due.Should().Be(1);
        (world.Refreshes - atFirst).Should().Be(1);
        StoredToken[] rows = await Task.WhenAll(keys.Select(key => world.StoredAsync(key)));
        rows.Should().OnlyContain(row => row.Reauthorization == null && row.Version > 0);
    }

    [Fact]
    public async Task RF_10_While_a_provider_rejects_the_application_one_connection_a_minute_asks()
    {
        await using World world = await World.StartAsync();
        await world.ConnectManyAsync(50);
        world.Server.TokenEndpoint.FailAlways(Fault.Body(401, """{"error":"invalid_client"}"""));
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        await world.SweepAsync();
        int atFirst = world.Refreshes;

        for (int i = 0; i < 10; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(30));
            await world.SweepAsync();
        }

        (world.Refreshes - atFirst).Should().BeInRange(4, 5);
    }

    [Fact]
    [Trait("Rule", "BG-1")]
    [Trait("Rule", "BG-2")]
    public async Task What_was_issued_together_is_due_at_times_that_are_drawn_once_and_stored()
    {
        await using World world = await World.StartAsync(options: o => o.RefreshBefore = TimeSpan.FromMinutes(30));
        TokenKey[] keys = await world.ConnectManyAsync(300);

        StoredToken[] rows = await Task.WhenAll(keys.Select(key => world.StoredAsync(key)));
        StoredToken[] again = await Task.WhenAll(keys.Select(key => world.StoredAsync(key)));

        again.Select(row => row.NextRefreshAt).Should().Equal(rows.Select(row => row.NextRefreshAt));
        DateTimeOffset first = rows.Min(row => row.NextRefreshAt!.Value);
        TimeSpan width = rows.Max(row => row.NextRefreshAt!.Value) - first;
        width.Should().BeGreaterThan(TimeSpan.FromMinutes(5));
        int[] perTenth = [.. Enumerable.Range(0, 10).Select(i => rows.Count(row => (int)Math.Min(9, (row.NextRefreshAt!.Value - first) / width * 10) == i))];
        perTenth.Max().Should().BeLessThanOrEqualTo(2 * 300 / 10);
    }

    /// <summary>Where nobody listens.</summary>
    private static void PutAway(OAuthProviderOptions options, bool isAway, World world)
    {
        if (!isAway)
            return;
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        options.PreviousTokenEndpointOrigins = [world.Server.Address.GetLeftPart(UriPartial.Authority)];
        options.TokenEndpoint = $"http://127.0.0.1:{((IPEndPoint)nobody.LocalEndpoint).Port}/token";
    }
}
