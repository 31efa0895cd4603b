using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class RequestUserTests
{
    [Fact]
    public async Task MT_3_CVE_2022_21673_A_background_call_without_a_user_throws_and_sends_nothing()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync(); // The most recent user must not be taken for the one meant.
        Func<Task> sending = () => world.Api().GetAsync();

        ProviderConfigurationException refused = await sending.RefusedAsync(ProviderConfigurationReason.UserNotNamed);

        refused.Message.Should().ContainAll("request.ForUser(userId)", "TokenUser.BeginScope(userId)", "UseCurrentUser");
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task MT_3_A_current_user_that_is_nobody_throws_and_sends_nothing(string? nobody)
    {
        await using World world = await HttpWorld.StartAsync(services: all => all.AddTokenLifecycle().UseCurrentUser(_ => nobody));
        await world.ConnectAsync();
        Func<Task> sending = () => world.Api().GetAsync();

        await sending.RefusedAsync(ProviderConfigurationReason.UserNotNamed);
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task The_request_is_stronger_than_the_block_and_the_block_than_the_current_user()
    {
        await using World world = await ThreeUsersAsync(current: "carol");
        ApiClient api = world.Api();

        (await (await api.GetAsync()).UserAsync()).Should().Be("carol");
        using (TokenUser.BeginScope("bob"))
        {
            (await (await api.GetAsync()).UserAsync()).Should().Be("bob");
            (await (await api.SendAsync(world.Request())).UserAsync()).Should().Be("ada");
        }

        (await (await api.GetAsync()).UserAsync()).Should().Be("carol");
    }

    [Fact]
    public async Task Blocks_nest_and_each_ends_with_its_brace()
    {
        await using World world = await ThreeUsersAsync(current: null);
        ApiClient api = world.Api();

        using (TokenUser.BeginScope("ada"))
        {
            using (TokenUser.BeginScope("bob"))
                (await (await api.GetAsync()).UserAsync()).Should().Be("bob");
            (await (await api.GetAsync()).UserAsync()).Should().Be("ada");
        }

        Func<Task> after = () => api.GetAsync();
        await after.RefusedAsync(ProviderConfigurationReason.UserNotNamed);
    }

    [Fact]
    public async Task Blocks_closed_in_the_wrong_order_leave_nobody_behind()
    {
        await using World world = await ThreeUsersAsync(current: "carol");
        IDisposable outer = TokenUser.BeginScope("ada");
        IDisposable inner = TokenUser.BeginScope("bob");

        outer.Dispose();
        (await (await world.Api().GetAsync()).UserAsync()).Should().Be("bob", "its block is still open");
        inner.Dispose();

        (await (await world.Api().GetAsync()).UserAsync()).Should().Be("carol", "no block is open");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("carol")]
    public async Task MT_3_Work_that_outlives_its_block_acts_for_nobody_not_even_for_the_current_user(string? current)
    {
        await using World world = await ThreeUsersAsync(current);
        ApiClient api = world.Api();
        var ended = new TaskCompletionSource();
        Task<HttpResponseMessage> inside;
        Task<HttpResponseMessage> outliving;
        using (TokenUser.BeginScope("ada"))
        {
            using (TokenUser.BeginScope("bob"))
            {
                outliving = Task.Run(async () =>
                {
                    await ended.Task;
                    return await api.GetAsync();
                });
                inside = Task.Run(() => api.GetAsync());
                (await (await inside).UserAsync()).Should().Be("bob", "it was started inside the block");
            }

            // Only the inner block has ended: the outer one's user is no more the one meant.
            ended.SetResult();
            Func<Task> sending = () => outliving;
            (await sending.RefusedAsync(ProviderConfigurationReason.UserNotNamed)).Message.Should().Contain("outlived");
        }

        world.ApiRequests().Should().ContainSingle();
    }

    [Fact]
    public async Task Work_that_outlives_its_block_may_name_its_user_itself()
    {
        await using World world = await ThreeUsersAsync(current: null);
        var ended = new TaskCompletionSource();
        Task<string?[]> outliving;
        using (TokenUser.BeginScope("bob"))
        {
            outliving = Task.Run(async () =>
            {
                await ended.Task;
                string? onRequest = await (await world.Api().SendAsync(world.Request())).UserAsync();
                using (TokenUser.BeginScope("carol"))
                    return new[] { onRequest, await (await world.Api().GetAsync()).UserAsync() };
            });
        }

        ended.SetResult();
        (await outliving).Should().Equal("ada", "carol");
    }

    [Fact]
    public async Task Parallel_blocks_do_not_see_each_other()
    {
        await using World world = await ThreeUsersAsync(current: null);
        ApiClient api = world.Api();
        using var together = new Barrier(3);

        string?[] users = await Task.WhenAll(new[] { "ada", "bob", "carol" }.Select(user => Task.Factory.StartNew(
            async () =>
            {
                using (TokenUser.BeginScope(user))
                {
                    together.SignalAndWait();
                    await Task.Yield();
                    return await (await api.GetAsync()).UserAsync();
                }
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

        users.Should().Equal("ada", "bob", "carol");
    }

    [Fact]
    public async Task One_user_may_hold_two_connections_by_name()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync(new TokenKey(World.Provider, "ada", "coach"), world.Server.AddUser("coach"));
        await world.ConnectAsync(new TokenKey(World.Provider, "ada", "athlete"), world.Server.AddUser("athlete"));
        ApiClient api = world.Api();

        (await (await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/echo").ForUser("ada", "coach"))).UserAsync()).Should().Be("coach");
        using (TokenUser.BeginScope("ada", "athlete"))
            (await (await api.GetAsync()).UserAsync()).Should().Be("athlete");
    }

    [Fact]
    public void An_empty_name_is_refused_where_it_is_given()
    {
        var request = new HttpRequestMessage();

        new Action[] { () => request.ForUser(""), () => request.ForUser("ada", ""), () => TokenUser.BeginScope(""), () => TokenUser.BeginScope("ada", "") }
            .Should().AllSatisfy(naming => naming.Should().Throw<ArgumentException>());
    }

    [Fact]
    public async Task A_client_credentials_provider_needs_no_user_and_takes_none()
    {
        await using World world = await HttpWorld.StartAsync(provider: o => o.GrantType = TokenLifecycle.Options.OAuthGrantType.ClientCredentials);
        ApiClient api = world.Api();

        using (TokenUser.BeginScope("ada"))
            (await (await api.GetAsync()).UserAsync()).Should().BeNull("the token is the app's own");
        (await (await api.GetAsync()).UserAsync()).Should().BeNull();

        world.Server.Log.TokenRequests.Should().ContainSingle().Which.GrantType.Should().Be("client_credentials");
    }

    [Fact]
    public async Task AT_5_A_current_user_service_that_lives_shorter_than_a_handler_is_refused()
    {
        await using World world = await HttpWorld.StartAsync(services: all => all.AddScoped<ICurrentTokenUser, CapturedUser>());
        await world.ConnectAsync();
        using IServiceScope scope = world.Services.CreateScope();
        Action resolving = () => scope.ServiceProvider.GetRequiredService<ApiClient>();

        resolving.Should().Throw<InvalidOperationException>().WithMessage("*ICurrentTokenUser must be registered as a singleton*");
    }

    private static async Task<World> ThreeUsersAsync(string? current)
    {
        World world = await HttpWorld.StartAsync(services: all => all.AddTokenLifecycle().UseCurrentUser(_ => current));
        foreach (string name in new[] { "ada", "bob", "carol" })
            await world.ConnectAsync(new TokenKey(World.Provider, name), world.Server.AddUser(name));
        return world;
    }

    private sealed class CapturedUser : ICurrentTokenUser
    {
        public string? UserId => "ada";
    }
}
