using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.AspNetCore.Tests.Owners;

/// <summary>One account is one user, however many sign in by it for the first time.</summary>
[Trait("Rule", "FS-9")]
public sealed class FirstSignInTests
{
    [Fact]
    public async Task Ten_first_sign_ins_of_each_of_two_accounts_at_once_lead_to_two_users()
    {
        var creator = new NewIds();
        await using WebWorld world = await StartAsync(creator);
        var browsers = new List<(string Account, Browser Browser, string Callback)>();
        for (int i = 0; i < 20; i++)
        {
            Browser browser = await world.BrowserOfAsync(user: null);
            string account = i % 2 == 0 ? "1001" : "1002";
            browsers.Add((account, browser, await ProvenanceTests.CallbackOfAsync(world, browser, account)));
        }

        await Task.WhenAll(browsers.Select(async one => (await one.Browser.FollowAsync(await one.Browser.GetAsync(one.Callback))).Text.Should().Contain("is connected")));

        creator.Created.Should().HaveCount(2);
        foreach (IGrouping<string, (string Account, Browser Browser, string Callback)> account in browsers.GroupBy(one => one.Account))
        {
            string[] users = await Task.WhenAll(account.Select(async one => (await one.Browser.GetAsync("/whoami")).Text));
            users.Distinct().Should().ContainSingle().Which.Should().Be(creator.Created.Single(created => created.Account == account.Key).User);
        }
    }

    [Fact]
    public async Task Two_nodes_that_share_the_store_create_one_user()
    {
        var store = new InMemoryAuthorizationRequestStore(TimeProvider.System);
        int created = 0;
        string account = RequestHash.OfAccount(null, "acme", "https://idp.example", "1001");
        IEnumerable<Task<string?>> signIns = Enumerable.Range(0, 20).Select(i => NodeOver(store).CreateOnceAsync(account, TimeSpan.FromSeconds(10), async () =>
        {
            await Task.Yield();
            Interlocked.Increment(ref created);
            return $"user {i}";
        }));

        string?[] users = await Task.WhenAll(signIns);

        created.Should().Be(1);
        users.Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task A_failure_to_create_a_user_locks_no_one_out()
    {
        var creator = new NewIds { Failures = 2 };
        await using WebWorld world = await StartAsync(creator);
        using Browser ada = await world.BrowserOfAsync(user: null);
        using Browser bob = await world.BrowserOfAsync(user: null);
        foreach ((Browser browser, string account) in ((Browser, string)[])[(ada, "1001"), (bob, "1002")])
        {
            world.Server.SignedInUser = world.Server.AddUser("name of " + account, account);
            (await browser.ConnectAsync()).Status.Should().Be(503);
            (await browser.ConnectAsync()).Text.Should().Contain("is connected");
        }

        creator.Created.Select(created => created.Account).Should().Equal("1001", "1002");
    }

    [Fact]
    public async Task When_an_owner_is_known_no_one_creates_a_user()
    {
        var creator = new NewIds();
        await using WebWorld world = await StartAsync(creator, o => o.AllowSignIn = (_, _) => true);
        using Browser one = await world.BrowserOfAsync("ada");
        using Browser two = await world.BrowserOfAsync("bob");
        world.Server.SignedInUser = world.Server.AddUser("both", "1001");
        await one.ConnectAsync();
        using (Browser back = await world.BrowserOfAsync(user: null))
        {
            await back.ConnectAsync();
            (await back.GetAsync("/whoami")).Text.Should().Be("ada");
        }

        // Two users may sign in by it: the account does not say which.
        await two.ConnectAsync();
        using Browser nobody = await world.BrowserOfAsync(user: null);
        (await nobody.ConnectAsync()).Status.Should().Be(403);

        creator.Created.Should().BeEmpty();
    }

    [Fact]
    public async Task Who_is_found_is_not_created()
    {
        var creator = new NewIds();
        await using WebWorld world = await StartAsync(creator, services: s => s.AddSingleton<IConnectionUserResolver>(new Known()));
        using Browser ada = await world.BrowserOfAsync(user: null);
        using Browser bob = await world.BrowserOfAsync(user: null);
        (string adas, string bobs) = (await ProvenanceTests.CallbackOfAsync(world, ada, "1001"), await ProvenanceTests.CallbackOfAsync(world, bob, "1002"));

        await Task.WhenAll(ada.GetAsync(adas), bob.GetAsync(bobs));

        (await ada.GetAsync("/whoami")).Text.Should().Be("known 1001");
        (await bob.GetAsync("/whoami")).Text.Should().Be("known 1002");
        creator.Created.Should().BeEmpty();
    }

    private static FirstSignIns NodeOver(InMemoryAuthorizationRequestStore store) =>
        new(store, Keys, new Requests.DefaultOptions(), TimeProvider.System);

    private static readonly Microsoft.AspNetCore.DataProtection.EphemeralDataProtectionProvider Keys = new();

    private static Task<WebWorld> StartAsync(NewIds creator, Action<TokenLifecycleWebOptions>? web = null, Action<IServiceCollection>? services = null) => WebWorld.StartAsync(
        web: o =>
        {
            o.SignInProviders.Add(WebWorld.Acme);
            web?.Invoke(o);
        },
        services: s =>
        {
            s.AddSingleton<IConnectionUserCreator>(creator);
            services?.Invoke(s);
        });

    /// <summary>As an app without a unique index: another id each time.</summary>
    private sealed class NewIds : IConnectionUserCreator
    {
        private readonly HashSet<string> _failed = new(StringComparer.Ordinal);

        public ConcurrentQueue<(string Account, string User)> Created { get; } = new();

        public int Failures { get; set; }

        public async ValueTask<string?> CreateUserAsync(ConnectionOwnerContext context, CancellationToken cancellationToken)
        {
            await Task.Yield();
            lock (_failed)
            {
                if (Failures > 0 && _failed.Add(context.AccountId))
                {
                    Failures--;
                    throw new IOException("The app's database is down.");
                }
            }

            string user = Guid.NewGuid().ToString("N");
            Created.Enqueue((context.AccountId, user));
            return user;
        }
    }

    private sealed class Known : IConnectionUserResolver
    {
        public ValueTask<string?> FindOwnerAsync(ConnectionOwnerContext context, CancellationToken cancellationToken) => ValueTask.FromResult<string?>("known " + context.AccountId);
    }
}
