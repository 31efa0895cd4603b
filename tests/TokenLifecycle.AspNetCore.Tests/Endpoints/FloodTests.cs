using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using Xunit.Abstractions;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>Whoever starts without end, signed in or not, keeps no one from connecting.</summary>
[Trait("Rule", "FS-4")]
public sealed class FloodTests(ITestOutputHelper output)
{
    /// <summary>TOKENLIFECYCLE_FLOOD=50000 measures the flood that the documentation states.</summary>
    private static readonly int Starts = int.Parse(Environment.GetEnvironmentVariable("TOKENLIFECYCLE_FLOOD") ?? "3000", CultureInfo.InvariantCulture);

    private static readonly int Honest = Starts >= 50_000 ? 100 : 30;

    [Theory]
    [InlineData("greedy")]
    [InlineData(null)]
    public async Task All_honest_users_connect_while_one_client_starts_without_end(string? flooder)
    {
        var rows = new InMemoryAuthorizationRequestStore(new ManualTimeProvider());
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.SignInProviders.Add(WebWorld.Acme), services: s => s.AddSingleton<IAuthorizationRequestStore>(rows));
        using Browser greedy = await world.BrowserOfAsync(flooder);
        Seen page = await greedy.GetAsync("/connections/acme/connect");
        long begun = TimeProvider.System.GetTimestamp();
        int left = Starts;
        Task<int>[] flood = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            int started = 0;
            using Browser copy = greedy.Copy();
            while (Interlocked.Decrement(ref left) >= 0)
                started += (await copy.PressAsync(page, "/connect")).Status == 303 ? 1 : 0;
            return started;
        }))];

        Seen[] connected = await Task.WhenAll(Enumerable.Range(0, Honest).Select(async i =>
        {
            using Browser user = await world.BrowserOfAsync($"user {i}");
            return await user.ConnectAsync();
        }));
        int starts = (await Task.WhenAll(flood)).Sum();

        output.WriteLine($"{starts} starts in {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:F0} s, {connected.Count(seen => seen.Text.Contains("is connected", StringComparison.Ordinal))} of {Honest} connected, {rows.Count} rows");
        starts.Should().Be(Starts, "nothing is refused");
        connected.Should().OnlyContain(seen => seen.Status == 200 && seen.Text.Contains("is connected", StringComparison.Ordinal));
        rows.Count.Should().Be(Honest * 2, "a state and a code of each who came back");
    }

    [Fact]
    public async Task Callbacks_of_strangers_fill_no_store()
    {
        var rows = new InMemoryAuthorizationRequestStore(new ManualTimeProvider());
        await using WebWorld world = await WebWorld.StartAsync(services: s => s.AddSingleton<IAuthorizationRequestStore>(rows));
        using var stranger = new Browser(world.Address, WebWorld.Origin);
        using Browser ada = await world.BrowserOfAsync("ada");
        string own = await ada.ToCallbackAsync();

        await Parallel.ForAsync(0, 3000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            string state = i.ToString("D43", CultureInfo.InvariantCulture);
            (await stranger.GetAsync($"/connections/acme/callback?code=c{i}&state={state}", ("Accept", "application/json"))).Status.Should().Be(401);
        });
        for (int i = 0; i < 500; i++)
            await ada.GetAsync(own.Replace("?code=", $"?code={i}", StringComparison.Ordinal), ("Sec-Purpose", "prefetch"));

        rows.Count.Should().BeLessThanOrEqualTo(210, "a hundred at once are enough, and one for each state");
        (await ada.FollowAsync(await ada.GetAsync(own))).Text.Should().Contain("is connected");
    }

    [Fact]
    public async Task A_rate_limit_refuses_the_greedy_alone()
    {
        await using WebWorld world = await WebWorld.StartAsync(
            services: s => s.AddRateLimiter(limits =>
            {
                limits.RejectionStatusCode = 429;
                limits.AddPolicy("connections", context => RateLimitPartition.GetTokenBucketLimiter(
                    context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? context.Connection.RemoteIpAddress?.ToString() ?? "",
                    _ => new TokenBucketRateLimiterOptions { TokenLimit = 20, TokensPerPeriod = 20, ReplenishmentPeriod = TimeSpan.FromHours(1) }));
            }),
            before: a =>
            {
                a.UseAuthentication();
                a.UseRateLimiter();
            },
            endpoints: group => group.RequireRateLimiting("connections"));
        using Browser greedy = await world.BrowserOfAsync("greedy");
        using Browser ada = await world.BrowserOfAsync("ada");
        Seen page = await greedy.GetAsync("/connections/acme/connect");

        int[] statuses = new int[100];
        for (int i = 0; i < statuses.Length; i++)
            statuses[i] = (await greedy.PressAsync(page, "/connect")).Status;

        statuses.Count(status => status == 303).Should().Be(19);
        statuses.Count(status => status == 429).Should().Be(81);
        (await ada.ConnectAsync()).Text.Should().Contain("is connected");
    }

    [Fact]
    [Trait("Rule", "FS-11")]
    public async Task A_user_makes_as_many_connections_as_the_app_allows()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.OperatorPolicy = null);
        using Browser ada = await world.BrowserOfAsync("ada");
        using Browser bob = await world.BrowserOfAsync("bob");
        var callbacks = new List<string>();
        for (int i = 0; i < 15; i++)
            callbacks.Add(await ada.ToCallbackAsync(query: $"?connection=c{i}"));

        // Five attempts at once have no room in a browser, so these are of five.
        foreach (string callback in callbacks.TakeLast(5))
            await ada.GetAsync(callback);
        for (int i = 20; i < 40; i++)
        {
            Seen start = await ada.StartAsync(query: $"?connection=c{i}");
            if (start.Status == 303)
                await ada.GetAsync((await ada.GetAsync(start.Location!)).Location!);
            else
                start.Status.Should().Be(409);
        }

        (await world.Store.ListAsync(WebWorld.Acme, after: null, 100, CancellationToken.None)).Should().HaveCount(10);
        (await ada.ConnectAsync()).Text.Should().Contain("is connected", "the default connection is always there");
        (await ada.ConnectAsync(query: "?connection=c20")).Text.Should().Contain("is connected", "what is connected may be connected again");
        (await bob.ConnectAsync(query: "?connection=c1")).Text.Should().Contain("is connected");
    }

    [Fact]
    [Trait("Rule", "FS-11")]
    public async Task Attempts_that_began_below_the_limit_do_not_end_above_it()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.MaxConnectionsPerUser = 2);
        using Browser ada = await world.BrowserOfAsync("ada");
        string[] callbacks = [await ada.ToCallbackAsync(query: "?connection=a"), await ada.ToCallbackAsync(query: "?connection=b"), await ada.ToCallbackAsync(query: "?connection=c")];

        var pages = new List<Seen>();
        foreach (string callback in callbacks)
            pages.Add(await ada.FollowAsync(await ada.GetAsync(callback)));

        pages.Select(page => page.Status).Should().Equal(200, 200, 409);
        world.Exchanges.Should().Be(2);
        (await world.Store.ListAsync(WebWorld.Acme, after: null, 100, CancellationToken.None)).Should().HaveCount(2);
    }

    [Fact]
    [Trait("Rule", "FS-11")]
    public async Task Where_the_app_names_the_connections_there_are_no_others()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.ConnectionNames = ["coach", "athlete"]);
        using Browser ada = await world.BrowserOfAsync("ada");

        (await ada.StartAsync(query: "?connection=other")).Status.Should().Be(409);
        (await ada.StartAsync()).Status.Should().Be(409, "the default one is not named");
        (await ada.ConnectAsync(query: "?connection=coach")).Text.Should().Contain("is connected");
    }

    [Fact]
    [Trait("Rule", "FS-11")]
    public async Task Who_signs_in_makes_no_connection_of_any_name()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.SignInProviders.Add(WebWorld.Acme));
        using Browser nobody = await world.BrowserOfAsync(user: null);

        (await nobody.StartAsync(query: "?connection=c1")).Status.Should().Be(409);
        (await nobody.StartAsync()).Status.Should().Be(303);
    }
}
