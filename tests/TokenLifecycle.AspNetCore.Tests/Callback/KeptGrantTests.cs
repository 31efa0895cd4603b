using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Callback;

/// <summary>Once the code is spent, the tokens exist nowhere else: nothing that fails then loses them.</summary>
[Trait("Rule", "FR-8")]
public sealed class KeptGrantTests
{
    [Fact]
    [Trait("Rule", "F51")]
    public async Task Who_connects_while_the_store_cannot_be_written_is_connected_and_saved_later()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();
        world.Store.Fail("save");

        Seen page = await browser.FollowAsync(await browser.GetAsync(callback));

        page.Text.Should().Contain("is connected");
        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key("ada"));
        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Server.Log.Revocations.Should().BeEmpty();
        (await HealthAsync(world)).Should().Be(HealthStatus.Degraded);
        world.Store.Recover();
        await SavedAsync(world);
        (await StoredAsync(world, "ada"))!.Tokens.AccessToken.Should().Be(token.Value);
        (await HealthAsync(world)).Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    [Trait("Rule", "RV-4")]
    public async Task A_reconnect_while_the_store_cannot_be_written_revokes_nothing_and_is_saved_later()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        string old = (await StoredAsync(world, "ada"))!.Tokens.RefreshToken!;
        string callback = await browser.ToCallbackAsync();
        world.Store.Fail("save");

        (await browser.FollowAsync(await browser.GetAsync(callback))).Text.Should().Contain("is connected");
        world.Store.Recover();
        await SavedAsync(world);

        (await StoredAsync(world, "ada"))!.Tokens.RefreshToken.Should().NotBe(old);
        world.Server.Log.Revocations.Should().BeEmpty();
        (await world.Tokens.RefreshAsync(world.Key("ada"))).Should().NotBeNull();
    }

    [Theory]
    [InlineData("options of the library")]
    [InlineData("options of the provider")]
    public async Task Settings_that_cannot_be_read_any_more_lose_no_grant(string which)
    {
        var broken = new BrokenSettings(which);
        await using WebWorld world = await WebWorld.StartAsync(services: services => services
            .AddSingleton<IConfigureOptions<TokenLifecycleOptions>>(broken).AddSingleton<IConfigureOptions<OAuthProviderOptions>>(broken));
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();
        FaultHold held = Fault.HoldReply();
        world.Server.TokenEndpoint.FailNext(held);

        Task<Seen> answer = browser.GetAsync(callback);
        await held.Reached;
        broken.Break(world.App.Services);
        held.Release();
        await answer;

        StoredToken? stored = await StoredAsync(world, "ada");
        stored.Should().NotBeNull("the grant came before its settings broke");
        world.Server.IsLive(stored!.Tokens.RefreshToken!).Should().BeTrue();
        world.Server.Log.Revocations.Should().BeEmpty();
    }

    [Fact]
    public async Task A_trace_listener_that_never_returns_holds_no_grant_from_being_saved()
    {
        const string provider = "watched";
        var stuck = new TaskCompletionSource();
        await using WebWorld world = await WebWorld.StartAsync(providerName: provider);
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == TokenLifecycleDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (Equals(span.GetTagItem("server.port"), world.Server.TokenEndpoint.Address.Port))
                    stuck.Task.GetAwaiter().GetResult();
            },
        };
        ActivitySource.AddActivityListener(listener);
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync(provider);
        Task saved = world.Store.NextAsync("save", done: true);

        Task<Seen> answer = browser.GetAsync(callback);
        await saved;

        (await world.Store.Inner.FindAsync(world.Key("ada", provider), CancellationToken.None)).Should().NotBeNull();
        stuck.SetResult();
        (await answer).Status.Should().Be(303);
    }

    [Fact]
    public async Task A_read_that_fails_after_the_exchange_loses_no_grant_of_who_signs_in()
    {
        await using WebWorld world = await SignInAsync(new Resolver(_ => ValueTask.FromResult<string?>("ada")));
        using Browser nobody = await world.BrowserOfAsync(user: null);
        string callback = await nobody.ToCallbackAsync();
        world.Store.Before = name => name == "find" && world.Exchanges > 0 ? Task.FromException(new IOException("The store is down.")) : Task.CompletedTask;

        await nobody.FollowAsync(await nobody.GetAsync(callback));

        (await StoredAsync(world, "ada")).Should().NotBeNull();
        (await nobody.GetAsync("/whoami")).Text.Should().Be("ada");
    }

    [Fact]
    public async Task A_known_user_who_signs_in_while_the_store_goes_down_keeps_the_newest_grant()
    {
        await using WebWorld world = await SignInAsync(new Resolver(_ => ValueTask.FromResult<string?>(null)));
        using Browser ada = await world.BrowserOfAsync("ada");
        await ada.ConnectAsync();
        string old = (await StoredAsync(world, "ada"))!.Tokens.RefreshToken!;
        using Browser nobody = await world.BrowserOfAsync(user: null);
        string callback = await nobody.ToCallbackAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        world.Store.Before = name => name is "find" or "save" && world.Exchanges > 1 ? Task.FromException(new IOException("The store is down.")) : Task.CompletedTask;

        (await nobody.FollowAsync(await nobody.GetAsync(callback))).Text.Should().Contain("is connected");
        world.Store.Recover();
        await SavedAsync(world);

        string stored = (await StoredAsync(world, "ada"))!.Tokens.RefreshToken!;
        stored.Should().NotBe(old);
        world.Server.IsLive(stored).Should().BeTrue();
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("never returns")]
    [InlineData("blocks its thread")]
    [InlineData("names nobody that can be")]
    public async Task A_resolver_that_does_not_answer_ends_in_a_page_and_revokes_nothing(string how)
    {
        var reached = new TaskCompletionSource();
        var stuck = new TaskCompletionSource();
        await using WebWorld world = await SignInAsync(new Resolver(async _ =>
        {
            reached.SetResult();
            if (how == "throws")
                throw new InvalidOperationException("The app's database is down.");
            if (how == "blocks its thread")
                stuck.Task.GetAwaiter().GetResult();
            else if (how == "never returns")
                await stuck.Task;
            return new string('x', 5000);
        }));
        using Browser nobody = await world.BrowserOfAsync(user: null);
        string callback = await nobody.ToCallbackAsync();

        Task<Seen> answer = nobody.GetAsync(callback);
        await reached.Task;
        await PassAsync(world, answer);
        Seen page = await nobody.FollowAsync(await answer);

        page.Status.Should().Be(503);
        page.Text.Should().Contain("was not saved").And.Contain("Try again");
        world.Server.Log.Revocations.Should().BeEmpty("no answer is not the answer that it is nobody");
        (await nobody.GetAsync("/whoami")).Text.Should().Be("nobody");
        stuck.SetResult();
    }

    [Theory]
    [InlineData("fails")]
    [InlineData("hangs")]
    public async Task A_store_that_cannot_be_searched_for_who_signs_in_ends_in_a_page_and_revokes_nothing(string how)
    {
        await using WebWorld world = await SignInAsync(new Resolver(_ => ValueTask.FromResult<string?>(null)));
        using Browser ada = await world.BrowserOfAsync("ada");
        await ada.ConnectAsync();
        using Browser nobody = await world.BrowserOfAsync(user: null);
        string callback = await nobody.ToCallbackAsync();
        var stuck = new TaskCompletionSource();
        world.Store.Before = name => name != "account" ? Task.CompletedTask : how == "hangs" ? stuck.Task : Task.FromException(new IOException("The store is down."));
        Task asked = world.Store.NextAsync("account");

        Task<Seen> answer = nobody.GetAsync(callback);
        await asked;
        await PassAsync(world, answer);
        Seen page = await nobody.FollowAsync(await answer);

        page.Status.Should().Be(503);
        page.Text.Should().Contain("was not saved");
        world.Server.Log.Revocations.Should().BeEmpty("ada's connection lives on that grant");
        stuck.SetResult();
    }

    [Fact]
    public async Task An_account_that_the_provider_did_not_tell_is_nobodys_and_its_grant_stays()
    {
        await using WebWorld world = await SignInAsync(new Resolver(_ => ValueTask.FromResult<string?>("ada")), provider: o => o.UserInfoEndpoint = "https://127.0.0.1:9/gone");
        using Browser nobody = await world.BrowserOfAsync(user: null);

        Seen page = await nobody.ConnectAsync();

        page.Status.Should().Be(503);
        page.Text.Should().Contain("was not saved");
        world.Server.Log.Revocations.Should().BeEmpty();
    }

    private static Task<WebWorld> SignInAsync(IConnectionUserResolver resolver, Action<OAuthProviderOptions>? provider = null) => WebWorld.StartAsync(
        web: o => o.SignInProviders.Add(WebWorld.Acme), provider: provider, builder: b => b.Services.AddSingleton(resolver));

    private static Task<StoredToken?> StoredAsync(WebWorld world, string user) => world.Store.Inner.FindAsync(world.Key(user), CancellationToken.None);

    private static async Task<HealthStatus> HealthAsync(WebWorld world) =>
        (await world.App.Services.GetRequiredService<TokenLifecycle.Health.TokenLifecycleHealthCheck>().CheckHealthAsync(new HealthCheckContext())).Status;

    private static async Task SavedAsync(WebWorld world)
    {
        while (await HealthAsync(world) != HealthStatus.Healthy)
        {
            if (world.Clock.NextTimerIn is { } next && next <= TimeSpan.FromSeconds(1))
                world.Clock.Advance(next);
            await Task.Yield();
        }
    }

    /// <summary>Lets time pass until the answer has come.</summary>
    private static async Task PassAsync(WebWorld world, Task answer)
    {
        while (!answer.IsCompleted)
        {
            if (world.Clock.NextTimerIn is { } next && next <= TimeSpan.FromSeconds(10))
                world.Clock.Advance(next);
            await Task.Yield();
        }
    }

    private sealed class Resolver(Func<ConnectionOwnerContext, ValueTask<string?>> find) : IConnectionUserResolver
    {
        public ValueTask<string?> FindOwnerAsync(ConnectionOwnerContext context, CancellationToken cancellationToken) => find(context);
    }

    private sealed class BrokenSettings(string which) : IConfigureOptions<TokenLifecycleOptions>, IConfigureNamedOptions<OAuthProviderOptions>
    {
        private volatile bool _isBroken;

        public void Break(IServiceProvider services)
        {
            _isBroken = true;
            services.GetRequiredService<IOptionsMonitorCache<TokenLifecycleOptions>>().Clear();
            services.GetRequiredService<IOptionsMonitorCache<OAuthProviderOptions>>().Clear();
        }

        public void Configure(TokenLifecycleOptions options) => Throw("options of the library");

        public void Configure(OAuthProviderOptions options) => Throw("options of the provider");

        public void Configure(string? name, OAuthProviderOptions options) => Throw("options of the provider");

        private void Throw(string what)
        {
            if (_isBroken && what == which)
                throw new InvalidOperationException("The settings cannot be read.");
        }
    }
}
