using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.DependencyInjection;

public sealed class RegistrationTests
{
    [Fact]
    public void Adding_twice_is_harmless_and_adds_to_what_is_there()
    {
        var services = new ServiceCollection();
        services.AddTokenLifecycle().AddProvider("one", static _ => { });
        int once = services.Count(IsOurs);
        services.AddTokenLifecycle();

        services.Count(IsOurs).Should().Be(once);
        services.Where(service => service.ServiceType != typeof(IHostedService)).Where(IsOurs).Select(service => service.ServiceType).Should().OnlyHaveUniqueItems();

        static bool IsOurs(ServiceDescriptor service) =>
            !service.IsKeyedService && (service.ServiceType.Assembly == typeof(ITokenManager).Assembly || service.ImplementationType?.Assembly == typeof(ITokenManager).Assembly);
    }

    [Fact]
    public async Task Providers_added_through_different_calls_are_all_known()
    {
        await using World world = await World.StartAsync(services: all => all.AddTokenLifecycle().AddProvider("second", o =>
        {
            o.ClientId = "c";
            o.ClientSecret = Canary.New("secret");
            o.AuthorizationEndpoint = o.TokenEndpoint = "https://login.example.com";
        }));

        (await world.Tokens.GetStatusAsync(world.Key)).State.Should().Be(TokenState.Missing);
        (await world.Tokens.GetStatusAsync(new TokenKey("second", "ada"))).State.Should().Be(TokenState.Missing);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_apps_own_store_and_clock_count_whether_they_come_before_or_after(bool before)
    {
        var clock = new ManualTimeProvider();
        var store = new FaultyStore(new InMemoryTokenStore(clock));
        var services = new ServiceCollection();
        if (!before)
            services.AddTokenLifecycle();
        services.AddSingleton<TimeProvider>(clock).AddSingleton<ITokenStore>(store);
        if (before)
            services.AddTokenLifecycle();
        using ServiceProvider built = Build(services);

        built.GetRequiredService<ITokenStore>().Should().BeSameAs(store);
        built.GetRequiredService<TimeProvider>().Should().BeSameAs(clock);
    }

    [Fact]
    public void A_store_that_is_chosen_replaces_the_default_and_the_last_choice_counts()
    {
        var services = new ServiceCollection();
        services.AddDistributedMemoryCache();
        services.AddTokenLifecycle().UseStore<InMemoryTokenStore>().UseDistributedCacheStore();
        services.AddTokenLifecycle();
        using ServiceProvider built = Build(services);

        built.GetServices<ITokenStore>().Should().ContainSingle().Which.Should().BeOfType<DistributedCacheTokenStore>();
    }

    [Fact]
    public void Without_providers_and_with_all_of_them_the_container_validates()
    {
        var services = new ServiceCollection();
        services.AddTokenLifecycle();
        using ServiceProvider bare = Build(services);

        services.AddDistributedMemoryCache();
        services.AddTokenLifecycle().AddStrava(_ => { }).AddTrainingPeaks(_ => { }).AddGoogle(_ => { }).AddProvider("x", static _ => { })
            .UseDistributedCacheStore().WithoutProtection().UseCurrentUser(_ => null).AddObserver<EventRecorder>();
        services.AddHttpClient("x").AddTokenHandler("x");
        using ServiceProvider full = Build(services);

        full.GetRequiredService<ITokenManager>().Should().NotBeSameAs(bare.GetRequiredService<ITokenManager>());
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public void A_provider_without_a_name_is_refused(string? name)
    {
        TokenLifecycleBuilder builder = new ServiceCollection().AddTokenLifecycle();

        new Action[] { () => builder.AddProvider(name!, static _ => { }), () => builder.AddStrava(_ => { }, name!), () => builder.Services.AddHttpClient("x").AddTokenHandler(name!) }
            .Should().AllSatisfy(adding => adding.Should().Throw<ArgumentException>());
    }

    [Fact]
    public async Task A3_Ten_thousand_scopes_share_one_refresh()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();

        AccessToken[] tokens = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => Task.Run(async () =>
        {
            await using AsyncServiceScope scope = world.Services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<ITokenManager>().GetAccessTokenAsync(world.Key);
        })));

        tokens.Select(token => token.Value).Distinct(StringComparer.Ordinal).Should().ContainSingle();
        world.Server.Log.TokenRequests.Should().ContainSingle();
    }

    [Fact]
    public async Task The_distributed_cache_keeps_connections_from_one_process_to_the_next()
    {
        var clock = new ManualTimeProvider();
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o => (o.TimeProvider, o.SecretMark) = (clock, Canary.Mark));
        var cache = new MemoryDistributedCache(Microsoft.Extensions.Options.Options.Create(new Microsoft.Extensions.Caching.Memory.MemoryDistributedCacheOptions()));
        var key = new TokenKey("acme", "ada");
        string refreshed;
        await using (ServiceProvider first = Process())
        {
            var tokens = first.GetRequiredService<ITokenManager>();
            await tokens.SaveAsync(key, server.IssueTokens(server.SignedInUser, "read"));
            clock.Advance(TimeSpan.FromHours(2));
            refreshed = (await tokens.GetAccessTokenAsync(key)).Value;
            server.Log.RefreshRequests.Should().ContainSingle();
        }

        await using ServiceProvider second = Process();
        var later = second.GetRequiredService<ITokenManager>();
        (await later.GetAccessTokenAsync(key)).Value.Should().Be(refreshed);
        clock.Advance(TimeSpan.FromHours(2));
        (await later.GetAccessTokenAsync(key)).Value.Should().NotBe(refreshed);
        (await later.DisconnectAsync(key)).Should().Be(RevocationOutcome.Revoked);
        (await later.GetStatusAsync(key)).State.Should().Be(TokenState.Missing);
        server.Log.ReusedRefreshTokens.Should().Be(0);

        ServiceProvider Process()
        {
            var services = new ServiceCollection();
            services.AddCanaryLogging();
            services.AddSingleton<TimeProvider>(clock).AddSingleton<IDistributedCache>(cache);
            services.AddTokenLifecycle().AddProvider("acme", server.Configure).UseDistributedCacheStore().ProtectWithKeys(o => o.Keys["one"] = Convert.ToBase64String(new byte[32]));

            // The wait before a first write would need the clock to move meanwhile.
            services.Replace(ServiceDescriptor.Singleton<ITokenStore>(_ => new DistributedCacheTokenStore(cache, clock, TimeSpan.Zero)));
            return Build(services);
        }
    }

    private static ServiceProvider Build(IServiceCollection services) =>
        services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
}
