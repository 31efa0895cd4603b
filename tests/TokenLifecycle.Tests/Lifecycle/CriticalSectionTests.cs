using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Importing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>From the answer to the save nothing of the app's runs, so nothing of the app's can lose the pair (docs/adr/0020).</summary>
[Trait("Rule", "FR-8")]
[Collection(nameof(CriticalSectionTests))]
public sealed class CriticalSectionTests
{
    public static TheoryData<string, string> KindsAndPaths
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string kind in HostileObserver.Kinds)
            {
                foreach (string path in new[] { "caller", "background", "forced", "torn", "expired", "store fails" })
                    data.Add(kind, path);
            }

            return data;
        }
    }

    public static TheoryData<string> Kinds => [.. HostileObserver.Kinds];

    [Theory]
    [MemberData(nameof(KindsAndPaths))]
    public async Task What_an_observer_throws_loses_no_pair(string kind, string path)
    {
        using var observer = new HostileObserver(kind, hangs: false);
        await using World world = await StartAsync(observer);
        await ConnectAsync(world, path);
        Task saving = world.Store.NextAsync("save");
        FaultHold held = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(FaultOf(path) ?? held);
        if (FaultOf(path) is not null)
            Arm(world, observer);

        Task call = CallAsync(world, path);
        if (FaultOf(path) is null)
        {
            await held.Reached;
            Arm(world, observer);
            held.Release();
        }

        await Task.WhenAny(saving, call);
        await TryAsync(call);
        observer.Release();
        world.Store.Recover();
        await SettleAsync(world);

        StoredToken stored = await world.StoredAsync();
        world.Server.IsLive(stored.Tokens.RefreshToken!).Should().BeTrue("the pair was received, so it is kept");
        stored.Reauthorization.Should().BeNull();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_an_observer_throws_keeps_no_token_from_its_caller(string kind)
    {
        using var observer = new HostileObserver(kind, hangs: false);
        await using World world = await StartAsync(observer);
        if (kind != "settings") // A setting that was never read cannot be kept.
            observer.Arm();
        await world.ConnectExpiredAsync();

        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Posts().Should().ContainSingle();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_observer_that_never_returns_holds_no_pair_from_being_saved(string kind)
    {
        using var observer = new HostileObserver(kind, hangs: true);
        await using World world = await StartAsync(observer);
        await world.ConnectExpiredAsync();
        FaultHold held = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(held);
        Task<AccessToken> get = world.GetAsync();
        await held.Reached;
        Arm(world, observer);

        Task saved = world.Store.NextAsync("save", done: true);
        held.Release();
        await saved;

        StoredToken stored = await world.StoredAsync();
        world.Server.IsLive(stored.Tokens.RefreshToken!).Should().BeTrue("it was saved while the observer hangs");
        observer.Release();
        world.Server.IsLive((await get).Value).Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_observer_that_never_returns_holds_no_pair_from_being_kept_when_the_store_fails(string kind)
    {
        using var observer = new HostileObserver(kind, hangs: true);
        await using World world = await StartAsync(observer);
        await world.ConnectExpiredAsync();
        FaultHold held = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(held);
        world.Store.Fail("save");
        Task<AccessToken> get = world.GetAsync();
        await held.Reached;
        Arm(world, observer);

        Task failed = world.Store.NextAsync("save");
        held.Release();
        await failed;
        Task saved = world.Store.NextAsync("save", done: true);
        world.Store.Recover();
        Task pauses = Task.Run(() => world.Clock.RunShortPausesAsync(saved)); // Timers end there, and the observer hangs there, too.
        await saved;

        StoredToken stored = await world.StoredAsync();
        world.Server.IsLive(stored.Tokens.RefreshToken!).Should().BeTrue("it was kept before anything was said of it");
        observer.Release();
        await pauses;
        await TryAsync(get);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_new_grant_survives_every_observer(string kind)
    {
        using var observer = new HostileObserver(kind, hangs: false);
        await using World world = await StartAsync(observer);
        await world.StatusAsync(); // Settings have been read once.
        TokenSet granted = world.Server.IssueTokens(world.User, "read");
        Arm(world, observer);

        await TryAsync(world.Tokens.SaveAsync(world.Key, granted));
        await TryAsync(world.ImportAsync(world.Row(user: "bob")));

        if (kind != "settings") // Without valid settings nothing is begun, and the caller, who has the tokens, is told.
            (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(granted.RefreshToken);
        observer.Release();
        world.Services.GetRequiredService<IOptionsMonitorCache<TokenLifecycleOptions>>().Clear();
        await world.Tokens.SaveAsync(world.Key, granted);
    }

    [Fact]
    public void A_reply_is_read_whatever_the_clock_and_the_numbers_are()
    {
        foreach (DateTimeOffset now in new[] { DateTimeOffset.MinValue, Rows.Start, DateTimeOffset.MaxValue })
        {
            foreach (string number in new[] { "1e308", "-1e308", "9223372036854775807", "\"-9223372036854775808\"", "0" })
            {
                string body = $$"""{"access_token":"abc","refresh_token":"def","token_type":"Bearer","expires_in":{{number}},"expires_at":{{number}},"refresh_token_expires_in":{{number}}}""";
                TokenReply reply = Read(body, now, new OAuthProviderOptions());

                reply.Tokens!.RefreshToken.Should().Be("def");
            }
        }
    }

    [Fact]
    public void A_reader_that_fails_still_keeps_both_tokens()
    {
        var broken = new OAuthProviderOptions { ExpiresInField = null! };

        TokenReply reply = Read("""{"access_token":"abc","refresh_token":"def","token_type":"Bearer"}""", Rows.Start, broken);

        (reply.Tokens!.AccessToken, reply.Tokens.RefreshToken).Should().Be(("abc", "def"));
        Read("""{"refresh_token":"def"}""", Rows.Start, broken).SalvagedRefreshToken.Should().Be("def");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lifetimes_to_the_end_of_all_time_lose_no_pair(bool isClockAtTheEnd)
    {
        await using World world = await World.StartAsync();
        TokenSet issued = world.Server.IssueTokens(world.User, "read");
        await world.StoreBehindAsync(issued with { ExpiresAt = DateTimeOffset.MaxValue }, nextRefreshAt: Rows.Start);
        world.Server.TokenEndpoint.FailNext(Fault.Transform(static body => body.Replace("\"expires_in\":3600,", "", StringComparison.Ordinal).Replace(",\"expires_in\":3600", "", StringComparison.Ordinal)));
        if (isClockAtTheEnd)
            world.Clock.JumpWallClock(DateTimeOffset.MaxValue - world.Clock.GetUtcNow() - TimeSpan.FromDays(1));

        await TryAsync(world.Tokens.RefreshAsync(world.Key));

        StoredToken stored = await world.StoredAsync();
        stored.Tokens.RefreshToken.Should().NotBe(issued.RefreshToken);
        world.Server.IsLive(stored.Tokens.RefreshToken!).Should().BeTrue();
    }

    private static TokenReply Read(string body, DateTimeOffset at, OAuthProviderOptions options) => TokenResponseReader.Read(
        new TokenRequest { Options = options, Grant = OAuthGrantType.RefreshToken, RequestedAt = at, Issuer = "https://issuer.example", Secrets = [] },
        new BackChannelReply { Fault = BackChannelFault.None, Status = 200, MediaType = "application/json", Body = System.Text.Encoding.UTF8.GetBytes(body) });

    private static Task<World> StartAsync(HostileObserver observer) => World.StartAsync(services: observer.AddTo);

    private static void Arm(World world, HostileObserver observer)
    {
        observer.Arm();
        // Read again at the next use, as after a reload.
        world.Services.GetRequiredService<IOptionsMonitorCache<TokenLifecycleOptions>>().Clear();
    }

    private static async Task ConnectAsync(World world, string path)
    {
        if (path == "forced")
        {
            await world.ConnectAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(2));
        }
        else
        {
            await world.ConnectExpiredAsync();
        }

        if (path == "store fails")
            world.Store.Fail("save");
    }

    private static Fault? FaultOf(string path) => path switch
    {
        "torn" => Fault.Transform(static body => body.Replace("access_token", "axess_token", StringComparison.Ordinal)),
        "expired" => Fault.Transform(static body => body.Replace(":3600", ":0", StringComparison.Ordinal)),
        _ => null,
    };

    private static Task CallAsync(World world, string path) => path switch
    {
        "background" => world.Services.GetRequiredService<IRefreshSweeper>().RefreshDueAsync(),
        "forced" => world.Tokens.RefreshAsync(world.Key),
        _ => world.GetAsync(),
    };

    private static async Task TryAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception failure) when (failure is TokenException or InvalidOperationException)
        {
            // The test is about what is stored.
        }
    }

    private static async Task SettleAsync(World world)
    {
        await world.IdleAsync();
        await world.Services.GetRequiredService<TokenLifecycle.State.PendingSaveQueue>().SettleAllAsync();
    }
}

/// <summary>Listeners are of the whole process, and these are no company for other tests.</summary>
[CollectionDefinition(nameof(CriticalSectionTests), DisableParallelization = true)]
public sealed class CriticalSectionCollection;
