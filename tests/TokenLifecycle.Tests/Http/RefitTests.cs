using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Refit;
using TokenLifecycle.Tests.Http.Apis;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

/// <summary>A Refit client with its default settings, which write a body straight to the wire.</summary>
public interface IItemsApi
{
    [Post("/items")]
    Task<HttpResponseMessage> AddAsync([Body] Item item);
}

public sealed record Item(int Count);

public sealed class RefitTests
{
    [Fact]
    [Trait("Rule", "FH-1")]
    public async Task A_rejected_POST_of_Refit_is_sent_again_with_a_new_token()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await World.StartAsync(
            provider: provider => provider.ApiOrigins = [api.Origin],
            services: all => all.AddRefitGeneratedClient<IItemsApi>().ConfigureHttpClient(http => http.BaseAddress = api.Address).AddTokenHandler(World.Provider));
        api.IsLive = world.Server.IsLive;
        await world.ConnectAsync();
        world.Server.RevokeAccessTokens(world.User);
        IItemsApi items = world.Services.GetRequiredService<IItemsApi>();
        using IDisposable user = TokenUser.BeginScope(world.Key.UserId);

        using HttpResponseMessage response = await items.AddAsync(new Item(1));

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        api.Calls.Select(static call => call.Body).Should().Equal("""{"count":1}""", """{"count":1}""");
        world.Refreshes.Should().Be(1);
    }
}
