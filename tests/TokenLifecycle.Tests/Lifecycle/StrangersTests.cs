using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Health;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>Anyone can name users, connections and providers that never were, and make accounts that they give up. A process must not grow by it.</summary>
[Trait("Rule", "FR-14")]
public sealed class StrangersTests
{
    private const int Strangers = 2_000;

    private IServiceCollection _registrations = new ServiceCollection();

    public static TheoryData<string, string> NamesAndCalls
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string name in new[] { "user", "connection", "provider" })
            {
                foreach (string call in new[] { "get", "get for a while", "refresh", "status", "disconnect", "outdate", "sweep" })
                    data.Add(name, call);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndCalls))]
    public async Task Nothing_is_kept_of_what_never_was(string name, string call)
    {
        await using World world = await StartAsync();
        await world.ConnectAsync();
        await CallAsync(world, KeyOf(name, "first"), call);
        IReadOnlyDictionary<string, int> before = Retained.By(world.Services, _registrations);
        before.Should().ContainKey("TokenCache._entries");

        for (int i = 0; i < Strangers; i++)
            await CallAsync(world, KeyOf(name, $"{i}"), call);

        await world.IdleAsync();
        Retained.Grown(before, Retained.By(world.Services, _registrations)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("invalid grant")]
    [InlineData("throttled")]
    [InlineData("down")]
    [InlineData("client rejected")]
    [InlineData("no answer")]
    [InlineData("store down")]
    [InlineData("refreshed")]
    public async Task Nothing_is_kept_of_accounts_that_were_given_up(string reply)
    {
        const int Accounts = 60;
        await using World world = await StartAsync();
        await UseAndGiveUpAsync(world, "first", reply);
        IReadOnlyDictionary<string, int> before = Retained.By(world.Services, _registrations);

        for (int i = 0; i < Accounts; i++)
            await UseAndGiveUpAsync(world, $"user-{i}", reply);

        world.Clock.Advance(RejectionDetector.Window * 2);
        await world.Services.GetRequiredService<TokenLifecycleHealthCheck>().CheckHealthAsync(null!);
        string[] bounded = ["TokenCache._entries", "TokenCacheInvalidator._keys", "RefusalEvidence._successes"];
        Retained.Grown(before, Retained.By(world.Services, _registrations)).Where(grown => !bounded.Contains(grown.Split(':')[0])).Should().BeEmpty();
    }

    [Fact]
    public void Failures_of_connections_without_a_row_are_bounded_and_the_latest_are_kept()
    {
        var clock = new ManualTimeProvider();
        var failures = new RowlessFailures(clock);
        for (int i = 0; i < 200_000; i++)
            failures.Add(new TokenKey("acme", $"{i}"), Failure(clock), clock.GetUtcNow() + TimeSpan.FromMinutes(1));

        failures.Count.Should().BeLessThanOrEqualTo(2 * RowlessFailures.Generation);
        failures.PauseOf(new TokenKey("acme", "199999"))!.Value.Pause.Should().Be(TimeSpan.FromMinutes(1));
        failures.PauseOf(new TokenKey("acme", "0")).Should().BeNull();
        clock.Advance(TimeSpan.FromMinutes(1));
        failures.PauseOf(new TokenKey("acme", "199999")).Should().BeNull();
        failures.Find(new TokenKey("acme", "199999")).Should().NotBeNull();
        failures.Remove(new TokenKey("acme", "199999"));
        failures.Find(new TokenKey("acme", "199999")).Should().BeNull();
    }

    [Fact]
    public void Refused_connections_are_bounded_and_old_ones_make_room()
    {
        var clock = new ManualTimeProvider();
        var evidence = new RefusalEvidence(clock);
        for (int i = 0; i < 200_000; i++)
            evidence.Refused(new TokenKey("acme", $"{i}"));
        evidence.Count.Should().Be(RefusalEvidence.MostRemembered);

        clock.Advance(RefusalEvidence.Kept);
        evidence.Refused(new TokenKey("acme", "last"));

        evidence.Count.Should().Be(1);
    }

    [Fact]
    public void Outages_are_bounded_and_the_long_ones_are_kept()
    {
        var clock = new ManualTimeProvider();
        var watch = new OutageDetector(clock);
        for (int i = 1_000; i > 0; i--)
        {
            watch.NoteDown();
            clock.Advance(TimeSpan.FromMinutes(i));
            watch.NoteUp();
        }

        watch.Count.Should().Be(OutageDetector.Most);
        watch.LastEnd(TimeSpan.FromMinutes(999)).Should().NotBeNull();
    }

    private static TokenKey KeyOf(string name, string stranger) => name switch
    {
        "user" => new TokenKey(World.Provider, stranger),
        "connection" => new TokenKey(World.Provider, "ada", stranger),
        _ => new TokenKey($"provider-{stranger}", "ada"),
    };

    private static async Task CallAsync(World world, TokenKey key, string call)
    {
        try
        {
            await (call switch
            {
                "get" => world.Tokens.GetAccessTokenAsync(key).AsTask(),
                "get for a while" => world.Tokens.GetAccessTokenAsync(key, TimeSpan.FromMinutes(5)).AsTask(),
                "refresh" => world.Tokens.RefreshAsync(key),
                "status" => world.Tokens.GetStatusAsync(key),
                "disconnect" => world.Tokens.DisconnectAsync(key),
                "sweep" => world.Services.GetRequiredService<IRefreshSweeper>().RefreshDueAsync(key.Provider),
                _ => Outdated(world, key),
            });
        }
        catch (TokenException)
        {
            // There is no such connection, or no such provider.
        }
    }

    private static Task Outdated(World world, TokenKey key)
    {
        world.Services.GetRequiredService<ITokenCacheInvalidator>().Invalidate(new TokenInvalidation(TokenInvalidation.FingerprintOf(key), Before: 1));
        return Task.CompletedTask;
    }

    /// <summary>A user connects, comes back when the token has expired, gets what the provider answers, and disconnects.</summary>
    private static async Task UseAndGiveUpAsync(World world, string user, string reply)
    {
        TokenKey key = new(World.Provider, user);
        await world.ConnectExpiredAsync(key, world.Server.AddUser(user));
        if (reply == "store down")
            world.Store.Fail("save");
        else if (FaultOf(reply) is { } fault)
            world.Server.TokenEndpoint.FailNext(fault);
        await CallAsync(world, key, "get");
        world.Store.Recover();
        await CallAsync(world, key, "status");
        await CallAsync(world, key, "disconnect");
        await world.IdleAsync();
    }

    private static Fault? FaultOf(string reply) => reply switch
    {
        "invalid grant" => Fault.Body(400, WorldExtensions.InvalidGrant),
        "throttled" => Fault.Body(429, """{"error":"slow_down"}"""),
        "down" => Fault.Body(503, ""),
        "client rejected" => Fault.Body(401, """{"error":"invalid_client"}"""),
        "no answer" => Fault.Body(200, "<html>"),
        _ => null,
    };

    private static TokenFailure Failure(ManualTimeProvider clock) => new() { Kind = TokenFailureKind.ProviderUnavailable, At = clock.GetUtcNow(), FirstAt = clock.GetUtcNow(), Attempts = 1 };

    private Task<World> StartAsync(Action<TokenLifecycleOptions>? options = null) => World.StartAsync(options: options, services: all =>
    {
        all.AddTokenLifecycle().AddBackgroundRefresh();
        _registrations = all;
    });
}
