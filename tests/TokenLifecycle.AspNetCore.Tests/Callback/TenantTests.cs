using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.AspNetCore.Tests.Callback;

/// <summary>The same user id in two tenants names two users, who connect, see and disconnect each their own.</summary>
public sealed class TenantTests
{
    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task Two_users_of_one_id_connect_at_the_same_time_each_in_their_tenant()
    {
        await using WebWorld world = await StartAsync();
        using Browser acme = await BrowserAsync(world, "acme");
        using Browser globex = await BrowserAsync(world, "globex");

        Seen[] ends = await Task.WhenAll(acme.ConnectAsync(), globex.ConnectAsync());

        ends.Should().OnlyContain(end => end.Status == 200 && end.Text.Contains("acme is connected", StringComparison.Ordinal));
        (await StateAsync(world, "acme")).Should().Be(TokenState.Valid);
        (await StateAsync(world, "globex")).Should().Be(TokenState.Valid);
        (await StateAsync(world, "initech")).Should().Be(TokenState.Missing);
        (await StateAsync(world, "")).Should().Be(TokenState.Missing);
        world.Exchanges.Should().Be(2);
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task A_list_shows_the_connections_of_the_own_tenant_alone()
    {
        await using WebWorld world = await StartAsync();
        foreach (string tenant in Enumerable.Range(0, 250).Select(static i => $"tenant-{i:000}"))
            await world.Tokens.SaveAsync(Key(tenant), world.Server.IssueTokens(world.Server.AddUser(tenant), "read"));
        using Browser own = await BrowserAsync(world, "tenant-249");
        using Browser other = await BrowserAsync(world, "initech");

        (await own.GetAsync("/connections")).Text.Should().Contain("\"Valid\"").And.NotContain("tenant-000");
        System.Text.RegularExpressions.Regex.Count((await own.GetAsync("/connections")).Text, "\"provider\"").Should().Be(1);
        (await other.GetAsync("/connections")).Text.Should().NotContain("\"Valid\"");
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task A_callback_in_another_tenant_connects_no_one()
    {
        await using WebWorld world = await StartAsync();
        using Browser browser = await BrowserAsync(world, "acme");
        string callback = await browser.ToCallbackAsync();
        await browser.GetAsync("/tenant?name=globex");

        await browser.GetAsync(callback);

        world.Exchanges.Should().Be(0);
        (await StateAsync(world, "acme")).Should().Be(TokenState.Missing);
        (await StateAsync(world, "globex")).Should().Be(TokenState.Missing);
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public async Task Without_a_tenant_the_pages_serve_no_one()
    {
        await using WebWorld world = await StartAsync();
        using Browser browser = await world.BrowserOfAsync("anna");

        (await browser.GetAsync("/connections")).Status.Should().Be(400);
    }

    private static Task<WebWorld> StartAsync() => WebWorld.StartAsync(
        builder: static tokens => tokens.UseCurrentTenant(static services => services.GetRequiredService<IHttpContextAccessor>().HttpContext?.Request.Cookies["tenant"]),
        app: static app => app.MapGet("/tenant", static (string name, HttpContext context) => context.Response.Cookies.Append("tenant", name)));

    private static async Task<Browser> BrowserAsync(WebWorld world, string tenant)
    {
        Browser browser = await world.BrowserOfAsync("anna");
        (await browser.GetAsync("/tenant?name=" + tenant)).Status.Should().Be(200);
        return browser;
    }

    private static TokenKey Key(string tenant) => new(WebWorld.Acme, "anna") { Tenant = tenant };

    private static async Task<TokenState> StateAsync(WebWorld world, string tenant) => (await world.Tokens.GetStatusAsync(Key(tenant))).State;
}
