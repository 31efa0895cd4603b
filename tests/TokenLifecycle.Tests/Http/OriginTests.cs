using System.Net;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class OriginTests
{
    public static TheoryData<int> RedirectCodes => [301, 302, 303, 307, 308];

    [Theory]
    [MemberData(nameof(RedirectCodes))]
    public async Task E7_AT_3_A_redirect_within_the_origin_carries_no_token_and_a_401_after_it_is_final(int status)
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request($"/api/redirect?status={status}&to=/api/echo", content: new StringContent("body")));

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        world.ApiRequests().Select(request => request.Header("Authorization") is not null).Should().Equal(true, false);
        world.Refreshes.Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(RedirectCodes))]
    public async Task E7_AT_3_A_redirect_to_another_origin_carries_no_token_and_a_401_after_it_is_final(int status)
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        await using SimulatedAuthorizationServer stranger = await StrangerAsync();
        string otherHost = new UriBuilder(stranger.Address) { Host = "localhost" }.Uri.AbsoluteUri;

        // Another port, and another host as well.
        foreach (string origin in new[] { stranger.Address.AbsoluteUri, otherHost })
        {
            string to = Uri.EscapeDataString(origin + "api/echo");
            using HttpResponseMessage response = await world.Api().SendAsync(world.Request($"/api/redirect?status={status}&to={to}", content: new StringContent("body")));
            response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        }

        stranger.Log.Requests.Should().HaveCount(2).And.OnlyContain(request => request.Header("Authorization") == null && !request.Query.Contains(Canary.Mark));
        stranger.Log.Requests.SelectMany(request => request.Headers).Should().NotContain(header => header.Value.Contains(Canary.Mark));
        world.ApiRequests().Should().HaveCount(2, "nothing is sent again");
        world.Refreshes.Should().Be(0);
    }

    [Fact]
    public async Task E7_A_redirect_back_to_the_very_same_address_is_a_redirect_all_the_same()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        world.Server.Api.FailNext(Fault.Redirect("/api/echo"));

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request());

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        world.ApiRequests().Should().HaveCount(2);
        world.Refreshes.Should().Be(0);
    }

    [Theory]
    [InlineData("//evil.example/api/echo")]
    [InlineData("https://evil.example/api/echo")]
    [InlineData("http://evil.example/api/echo")]
    [InlineData("http://127.0.0.1:1/api/echo")]
    [InlineData("http://localhost/api/echo")]
    [InlineData("http://user@evil.example/")]
    [InlineData("ftp://127.0.0.1/")]
    public async Task AT_2_E7_A_request_to_any_other_origin_throws_and_sends_nothing(string address)
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        Func<Task> sending = () => world.Api().SendAsync(world.Request(address));

        ProviderConfigurationException refused = await sending.RefusedAsync(ProviderConfigurationReason.OriginNotAllowed);

        refused.Message.Should().Contain("was not sent").And.Contain($"AddTokenHandler(\"{World.Provider}\"").And.NotContain(Canary.Mark);
        world.Server.Log.Requests.Should().BeEmpty();
        world.Store.CountOf("begin").Should().Be(0);
    }

    [Theory]
    [InlineData(@"\\evil.example\api")]
    [InlineData("/\\evil.example/api")]
    [InlineData("/api/echo")]
    [InlineData("HTTP://127.0.0.1:{port}/api/echo")]
    [InlineData("http://someone@127.0.0.1:{port}/api/echo")]
    public async Task AT_2_Whatever_the_address_looks_like_a_token_reaches_the_allowed_origin_alone(string address)
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        HttpRequestMessage request = world.Request(address.Replace("{port}", world.Server.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

        ProviderConfigurationException? refused = null;
        try
        {
            using HttpResponseMessage response = await world.Api().SendAsync(request);
        }
        catch (ProviderConfigurationException exception)
        {
            refused = exception;
        }

        (refused is not null).Should().Be(request.RequestUri!.Authority != world.Server.Address.Authority);
        world.Server.Log.Requests.Should().HaveCount(refused is null ? 1 : 0);
    }

    [Fact]
    public async Task AT_2_Loopback_without_TLS_is_refused_unless_it_was_allowed()
    {
        await using World world = await HttpWorld.StartAsync(provider: o =>
        {
            o.AllowHttpOnLoopback = false;
            o.ApiOrigins = ["https://127.0.0.1"];
            o.AuthorizationEndpoint = o.TokenEndpoint = "https://127.0.0.1/token";
            o.RevocationEndpoint = o.UserInfoEndpoint = null;
        });
        await world.ConnectAsync();
        Func<Task> sending = () => world.Api().SendAsync(world.Request());

        await sending.RefusedAsync(ProviderConfigurationReason.OriginNotAllowed);
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task AT_2_Origins_named_at_the_handler_replace_those_of_the_provider()
    {
        await using World world = await HttpWorld.StartAsync(services: all => all.AddHttpClient("other").AddTokenHandler(World.Provider, "https://api.example.com"));
        await world.ConnectAsync();
        HttpClient other = world.Services.GetRequiredService<IHttpClientFactory>().CreateClient("other");
        Func<Task> sending = () => other.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(world.Server.Address, "/api/echo")).ForUser("ada"));

        (await sending.RefusedAsync(ProviderConfigurationReason.OriginNotAllowed)).Message.Should().Contain("Allowed: https://api.example.com.");
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData("api.example.com")]
    [InlineData("https://api.example.com/v3")]
    [InlineData("https://api.example.com?a=b")]
    [InlineData("https://name:word@api.example.com")]
    [InlineData("http://api.example.com")]
    [InlineData("")]
    public void AT_2_What_is_no_origin_is_refused_at_registration(string origin)
    {
        IHttpClientBuilder builder = new ServiceCollection().AddHttpClient("any");
        Action adding = () => builder.AddTokenHandler(World.Provider, "https://good.example.com", origin);

        adding.Should().Throw<ArgumentException>().WithMessage("*Entry 1*https://api.example.com*").Which.Message.Should().NotContain("word");
    }

    [Fact]
    public async Task AT_1_The_token_stands_in_the_header_and_nowhere_else()
    {
        await using World world = await HttpWorld.StartAsync();
        TokenSet tokens = await world.ConnectAsync();

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request("/api/echo?page=2", content: new StringContent("body")));

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        RecordedRequest sent = world.ApiRequests().Single();
        sent.Header("Authorization").Should().Be($"Bearer {tokens.AccessToken}");
        (sent.Query, sent.Body).Should().Be(("?page=2", "body"));
        sent.Headers.Where(header => header.Key != "Authorization").Should().NotContain(header => header.Value.Contains(Canary.Mark));
    }

    private static Task<SimulatedAuthorizationServer> StrangerAsync() => SimulatedAuthorizationServer.StartAsync(o => o.SecretMark = Canary.Mark);
}
