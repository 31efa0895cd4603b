using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>AR-5, where the surroundings are not the usual ones.</summary>
public sealed class OriginTests
{
    private static readonly (string, string)[] Forwarded = [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Prefix", "/evil"), ("X-Forwarded-For", "10.0.0.1")];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AR_5_AspNetCore_8_0_17_Forwarded_headers_move_no_redirect_address_even_if_the_app_believes_every_proxy(bool believesAll)
    {
        await using WebWorld world = await WebWorld.StartAsync(
            services: services => services.Configure<ForwardedHeadersOptions>(o =>
            {
                o.ForwardedHeaders = ForwardedHeaders.All;
                if (believesAll)
                {
                    o.KnownProxies.Clear();
                    o.KnownIPNetworks.Clear();
                }
            }),
            app: app => app.UseForwardedHeaders());
        using Browser browser = await world.BrowserOfAsync("ada");
        Seen page = await browser.GetAsync("/connections/acme/connect", Forwarded);
        string antiforgery = page.Text.Split("name=\"tokenlifecycle_form\" value=\"")[1].Split('"')[0];

        Seen start = await browser.PostAsync("/connections/acme/connect", [new("tokenlifecycle_form", antiforgery)], Forwarded);

        page.Text.Should().NotContain("evil");
        HttpUtility.ParseQueryString(new Uri(start.Location!).Query)["redirect_uri"].Should().Be("https://app.example/connections/acme/callback");
    }

    [Fact]
    public async Task AR_5_In_development_on_loopback_the_app_needs_no_origin()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.PublicOrigin = null, environment: "Development");
        string origin = world.Address.GetLeftPart(UriPartial.Authority);
        using Browser browser = new(world.Address, origin);
        await browser.GetAsync("/login?user=ada");

        Seen start = await browser.StartAsync();

        HttpUtility.ParseQueryString(new Uri(start.Location!).Query)["redirect_uri"].Should().Be(origin + "/connections/acme/callback");
        (await browser.ConnectAsync()).Text.Should().Contain("acme is connected");
    }

    [Fact]
    public async Task AR_5_In_development_a_foreign_host_is_not_believed()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.PublicOrigin = null, environment: "Development");
        using Browser browser = new(world.Address, world.Address.GetLeftPart(UriPartial.Authority));
        await browser.GetAsync("/login?user=ada");

        Seen page = await browser.GetAsync("/connections/acme/connect");
        string antiforgery = page.Text.Split("name=\"tokenlifecycle_form\" value=\"")[1].Split('"')[0];

        (await browser.PostAsync("/connections/acme/connect", [new("tokenlifecycle_form", antiforgery)], ("Host", "evil.example"))).Status.Should().Be(421);
    }
}
