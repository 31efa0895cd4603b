using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class PooledClientTests
{
    private const int Users = 100;

    [Fact]
    public async Task AT_5_CVE_2024_51987_A_hundred_users_on_one_client_see_their_own_tokens_through_refreshes_and_rejections()
    {
        await using World world = await HttpWorld.StartAsync();
        string[] users = await ConnectAllAsync(world);
        ApiClient api = world.Api();

        // Round by round: warm, rejected by the API, ended by the clock, warm again.
        for (int round = 0; round < 4; round++)
        {
            if (round == 1)
            {
                foreach (string user in users.Where((_, i) => i % 2 == 0))
                    world.Server.RevokeAccessTokens(Simulated(world, user));
            }

            if (round == 2)
                world.Clock.Advance(TimeSpan.FromHours(2));

            await Task.WhenAll(users.SelectMany(user => Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
            {
                using HttpResponseMessage response = await api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/echo").ForUser(user));
                (await response.UserAsync()).Should().Be(user);
            }))));
        }

        world.Refreshes.Should().Be((Users / 2) + Users);
        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    public async Task AT_5_Refreshes_held_in_flight_give_each_waiting_request_its_own_token()
    {
        await using World world = await HttpWorld.StartAsync();
        string[] users = await ConnectAllAsync(world);
        world.Clock.Advance(TimeSpan.FromHours(2));
        ApiClient api = world.Api();
        FaultHold hold = Fault.HoldReply();
        world.Server.TokenEndpoint.FailAlways(hold);

        Task<string?>[] sent = [.. users.Select(user => Task.Run(async () =>
        {
            using (TokenUser.BeginScope(user))
                return await (await api.GetAsync()).UserAsync();
        }))];
        await hold.Reached;
        hold.Release();

        (await Task.WhenAll(sent)).Should().Equal(users);
        world.Refreshes.Should().Be(Users);
    }

    [Fact]
    public async Task AT_5_Handlers_that_are_rotated_away_and_scopes_that_are_gone_change_nothing()
    {
        string? current = null;
        await using World world = await HttpWorld.StartAsync(
            client => client.SetHandlerLifetime(TimeSpan.FromSeconds(1)),
            services => services.AddTokenLifecycle().UseCurrentUser(_ => Volatile.Read(ref current)));
        string[] users = await ConnectAllAsync(world);
        ApiClient? kept = null;

        foreach (string user in users.Take(10))
        {
            current = user;
            await using AsyncServiceScope scope = world.Services.CreateAsyncScope();
            ApiClient api = scope.ServiceProvider.GetRequiredService<ApiClient>();
            api.Http.BaseAddress = world.Server.Address;
            kept ??= api;
            (await (await api.GetAsync()).UserAsync()).Should().Be(user);
        }

        current = users[^1];
        (await (await kept!.GetAsync()).UserAsync()).Should().Be(users[^1], "the first client's scope is long gone, and it still asks who the user is");
    }

    private static SimulatedUser Simulated(World world, string name) => _simulated.GetValue(world, static _ => new(StringComparer.Ordinal))[name];

    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<World, Dictionary<string, SimulatedUser>> _simulated = [];

    private static async Task<string[]> ConnectAllAsync(World world)
    {
        Dictionary<string, SimulatedUser> known = _simulated.GetValue(world, static _ => new(StringComparer.Ordinal));
        string[] users = [.. Enumerable.Range(0, Users).Select(i => $"user-{i}")];
        foreach (string user in users)
            await world.ConnectAsync(new TokenKey(World.Provider, user), known[user] = world.Server.AddUser(user));
        return users;
    }
}
