using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

/// <summary>The same user id in two tenants names two users, and a request goes out with the token of its own tenant or not at all.</summary>
public sealed class TenantTests
{
    private static readonly AsyncLocal<string?> Current = new();

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task Two_tenants_with_the_same_user_id_get_their_own_tokens_at_the_same_time()
    {
        await using World world = await StartAsync();
        ApiClient api = world.Api();

        string?[] users = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => AskAsync(i % 2 == 0 ? "acme" : "globex")));

        users.Should().Equal(Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? "anna-of-acme" : "anna-of-globex"));

        async Task<string?> AskAsync(string tenant)
        {
            Current.Value = tenant;
            return await (await api.SendAsync(Request("anna"))).UserAsync();
        }
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task Without_a_tenant_nothing_is_sent_in_an_app_that_has_tenants()
    {
        await using World world = await StartAsync();
        Func<Task> sending = () => world.Api().SendAsync(Request("anna"));

        ProviderConfigurationException refused = await sending.RefusedAsync(ProviderConfigurationReason.TenantNotNamed);

        refused.Message.Should().ContainAll("tenant: \"acme\"", "TokenUser.BeginScope", "o.Tenant");
        world.ApiRequests().Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task The_request_is_stronger_than_the_block_and_the_block_than_the_current_tenant()
    {
        await using World world = await StartAsync();
        ApiClient api = world.Api();
        Current.Value = "acme";

        (await (await api.SendAsync(Request("anna", tenant: "globex"))).UserAsync()).Should().Be("anna-of-globex");
        (await (await api.SendAsync(Request("anna", tenant: ""))).UserAsync()).Should().Be("anna");
        using (TokenUser.BeginScope("anna", tenant: "globex"))
            (await (await api.GetAsync()).UserAsync()).Should().Be("anna-of-globex");
        using (TokenUser.BeginScope("anna"))
            (await (await api.GetAsync()).UserAsync()).Should().Be("anna-of-acme");
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task A_client_can_belong_to_one_tenant()
    {
        await using World world = await StartAsync(services: all => all.AddHttpClient("globex").AddTokenHandler(World.Provider, o => (o.Tenant, o.UserId) = ("globex", "anna")));
        using HttpClient client = world.Services.GetRequiredService<IHttpClientFactory>().CreateClient("globex");
        Current.Value = "acme";

        (await (await client.GetAsync(new Uri(world.Server.Address, "/api/echo"))).UserAsync()).Should().Be("anna-of-globex");
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task A_user_of_another_tenant_is_not_connected_however_alike_the_id_is()
    {
        await using World world = await StartAsync();
        Current.Value = "initech";

        (await FluentActions.Awaiting(() => world.Api().SendAsync(Request("anna"))).Should().ThrowAsync<ReauthorizationRequiredException>())
            .Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
        world.ApiRequests().Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task Disconnecting_one_tenants_user_leaves_the_other_connected()
    {
        await using World world = await StartAsync();

        await world.Tokens.DisconnectAsync(new TokenKey(World.Provider, "anna") { Tenant = "acme" });

        (await world.TryGetAsync(new TokenKey(World.Provider, "anna") { Tenant = "acme" })).Token.Should().BeNull();
        (await world.TryGetAsync(new TokenKey(World.Provider, "anna") { Tenant = "globex" })).Token.Should().NotBeNull();
        (await world.TryGetAsync(new TokenKey(World.Provider, "anna"))).Token.Should().NotBeNull();
    }

    private static async Task<World> StartAsync(Action<IServiceCollection>? services = null)
    {
        Current.Value = null;
        World world = await HttpWorld.StartAsync(services: all =>
        {
            all.AddTokenLifecycle().UseCurrentTenant(static _ => Current.Value);
            services?.Invoke(all);
        });
        foreach (string tenant in new[] { "", "acme", "globex" })
            await world.ConnectAsync(new TokenKey(World.Provider, "anna") { Tenant = tenant }, world.Server.AddUser(tenant.Length == 0 ? "anna" : $"anna-of-{tenant}"));
        return world;
    }

    private static HttpRequestMessage Request(string userId, string? tenant = null) => new HttpRequestMessage(HttpMethod.Get, "/api/echo").ForUser(userId, tenant: tenant);
}
