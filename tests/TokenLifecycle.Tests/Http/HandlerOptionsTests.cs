using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Options;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

/// <summary>Whose token a client sends, always with two users.</summary>
public sealed class HandlerOptionsTests
{
    [Fact]
    [Trait("Rule", "FH-7")]
    public void A_second_token_handler_of_a_client_is_refused()
    {
        IHttpClientBuilder builder = new ServiceCollection().AddHttpClient("api").AddTokenHandler("strava");
        Action adding = () => builder.AddTokenHandler("google");

        adding.Should().Throw<InvalidOperationException>().WithMessage("*\"api\"*two token handlers*strava*google*");
    }

    [Fact]
    [Trait("Rule", "FH-7")]
    public void A_token_handler_of_all_clients_and_one_of_a_client_are_refused_in_either_order()
    {
        var services = new ServiceCollection();
        services.ConfigureHttpClientDefaults(static all => all.AddTokenHandler("strava"));
        Action one = () => services.AddHttpClient("api").AddTokenHandler("google");
        IHttpClientBuilder builder = new ServiceCollection().AddHttpClient("api").AddTokenHandler("google");
        Action all = () => builder.Services.ConfigureHttpClientDefaults(static all => all.AddTokenHandler("strava"));

        one.Should().Throw<InvalidOperationException>().WithMessage("*ConfigureHttpClientDefaults*");
        all.Should().Throw<InvalidOperationException>().WithMessage("*ConfigureHttpClientDefaults*");
    }

    [Fact]
    [Trait("Rule", "FH-7")]
    public void Two_clients_have_a_token_handler_each()
    {
        var services = new ServiceCollection();
        services.AddHttpClient("a").AddTokenHandler("strava");
        Action adding = () => services.AddHttpClient("b").AddTokenHandler("google");

        adding.Should().NotThrow();
    }

    [Fact]
    [Trait("Rule", "FH-8")]
    public async Task A_user_named_on_a_client_of_the_application_is_refused()
    {
        await using World world = await HttpWorld.StartAsync(provider: static o => o.GrantType = OAuthGrantType.ClientCredentials);
        Func<Task> sending = () => world.Api().SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/echo").ForUser("ada"));

        (await sending.RefusedAsync(ProviderConfigurationReason.UserNotApplicable)).Message.Should().Contain("Remove ForUser").And.NotContain("ada");
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FH-8")]
    public async Task A_client_of_one_user_sends_that_users_token_whatever_is_around_it()
    {
        await using World world = await TwoUsersAsync(static o => o.UserId = "bob");
        HttpClient http = ClientOf(world);

        using (TokenUser.BeginScope("ada"))
            (await (await http.GetAsync("/api/echo")).UserAsync()).Should().Be("bob");
        (await (await http.SendAsync(Request().ForUser("bob"))).UserAsync()).Should().Be("bob");
        Func<Task> sending = () => http.SendAsync(Request().ForUser("ada"));
        await sending.RefusedAsync(ProviderConfigurationReason.UserNotApplicable);
        sending = () => http.SendAsync(Request().ForUser("bob", "other"));
        await sending.RefusedAsync(ProviderConfigurationReason.UserNotApplicable);
    }

    [Fact]
    [Trait("Rule", "FH-8")]
    public async Task A_client_with_its_own_current_user_asks_for_each_request()
    {
        string? current = "ada";
        await using World world = await TwoUsersAsync(o => o.CurrentUser = _ => current);
        HttpClient http = ClientOf(world);

        (await (await http.GetAsync("/api/echo")).UserAsync()).Should().Be("ada");
        current = "bob";
        (await (await http.GetAsync("/api/echo")).UserAsync()).Should().Be("bob");
        (await (await http.SendAsync(Request().ForUser("ada"))).UserAsync()).Should().Be("ada", "the request has precedence");
        current = null;
        Func<Task> sending = () => http.GetAsync("/api/echo");
        await sending.RefusedAsync(ProviderConfigurationReason.UserNotNamed);
    }

    [Fact]
    [Trait("Rule", "FH-8")]
    public async Task A_client_of_one_connection_uses_it_for_every_user_that_names_none()
    {
        await using World world = await TwoUsersAsync(static o => o.Connection = "coach");
        await world.ConnectAsync(new TokenKey(World.Provider, "ada", "coach"), world.Server.AddUser("ada as coach"));
        await world.ConnectAsync(new TokenKey(World.Provider, "bob", "coach"), world.Server.AddUser("bob as coach"));
        HttpClient http = ClientOf(world);

        (await (await http.SendAsync(Request().ForUser("ada"))).UserAsync()).Should().Be("ada as coach");
        using (TokenUser.BeginScope("bob"))
            (await (await http.GetAsync("/api/echo")).UserAsync()).Should().Be("bob as coach");
        (await (await http.SendAsync(Request().ForUser("bob", TokenKey.DefaultConnection))).UserAsync()).Should().Be("bob");
        using (TokenUser.BeginScope("ada", TokenKey.DefaultConnection))
            (await (await http.GetAsync("/api/echo")).UserAsync()).Should().Be("ada");
    }

    [Fact]
    [Trait("Rule", "FH-8")]
    public void Contradicting_options_are_refused_where_they_are_given()
    {
        IHttpClientBuilder builder = new ServiceCollection().AddHttpClient("api");

        new Action[]
        {
            () => builder.AddTokenHandler("acme", static o => (o.UserId, o.CurrentUser) = ("ada", static _ => "bob")),
            () => builder.AddTokenHandler("acme", static o => o.Connection = ""),
            () => builder.AddTokenHandler("acme", static o => o.UserId = ""),
            () => builder.AddTokenHandler("acme", static o => o.AllowedOrigins.Add("https://a.example/path")),
        }.Should().AllSatisfy(static adding => adding.Should().Throw<ArgumentException>());
    }

    private static HttpRequestMessage Request() => new(HttpMethod.Get, "/api/echo");

    private static HttpClient ClientOf(World world)
    {
        HttpClient http = world.Services.GetRequiredService<IHttpClientFactory>().CreateClient("own");
        http.BaseAddress = world.Server.Address;
        return http;
    }

    private static async Task<World> TwoUsersAsync(Action<TokenHandlerOptions> configure)
    {
        World world = await World.StartAsync(services: all => all.AddHttpClient("own").AddTokenHandler(World.Provider, configure));
        await world.ConnectAsync(new TokenKey(World.Provider, "ada"), world.Server.AddUser("ada"));
        await world.ConnectAsync(new TokenKey(World.Provider, "bob"), world.Server.AddUser("bob"));
        return world;
    }
}
