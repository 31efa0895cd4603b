using System.Net;
using System.Net.Http.Json;
using TokenLifecycle.Http;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Http.Apis;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class SynchronousSendTests
{
    [Fact]
    [Trait("Rule", "FH-5")]
    public async Task A_synchronous_request_carries_the_cached_token()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await world.ConnectAsync();

        using HttpResponseMessage response = Send(world);

        response.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Rule", "FH-5")]
    public async Task A_synchronous_request_waits_for_an_expired_token_to_be_refreshed()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await world.ConnectExpiredAsync();

        using HttpResponseMessage response = Send(world);

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    [Trait("Rule", "FH-5")]
    [Trait("Rule", "FH-3")]
    public async Task A_synchronous_request_that_is_rejected_is_sent_again_with_the_same_body()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await world.ConnectAsync();
        world.Server.RevokeAccessTokens(world.User);

        using HttpResponseMessage response = Send(world, JsonContent.Create(Once(new Queue<int>([1, 2, 3]))));

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        api.Calls.Select(static call => call.Body).Should().Equal("[1,2,3]", "[1,2,3]");
    }

    [Fact]
    [Trait("Rule", "FH-5")]
    public async Task A_synchronous_request_does_not_wait_without_end()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await world.ConnectExpiredAsync();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailAlways(hold);

        Task<TokenTemporarilyUnavailableException?> sending = Task.Factory.StartNew(() => FailureOf(world), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await hold.Reached;
        while (!sending.IsCompleted)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(sending, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
        }

        hold.Release();
        (await sending).Should().NotBeNull();
        api.Calls.Should().BeEmpty("nothing is sent without a token");
    }

    [Fact]
    [Trait("Rule", "FH-5")]
    public async Task A_synchronous_request_to_another_origin_is_refused()
    {
        await using ProtectedApi api = await ProtectedApi.StartAsync();
        await using World world = await api.WorldAsync();
        await world.ConnectAsync();
        Action sending = () => ProtectedApi.ClientOf(world).Send(new HttpRequestMessage(HttpMethod.Get, "https://other.example/").ForUser(world.Key.UserId));

        sending.Should().Throw<ProviderConfigurationException>().Which.Reason.Should().Be(ProviderConfigurationReason.OriginNotAllowed);
    }

    private static TokenTemporarilyUnavailableException? FailureOf(World world)
    {
        try
        {
            Send(world).Dispose();
            return null;
        }
        catch (TokenTemporarilyUnavailableException failure)
        {
            return failure;
        }
    }

    private static HttpResponseMessage Send(World world, HttpContent? content = null) => ProtectedApi.ClientOf(world).Send(
        new HttpRequestMessage(content is null ? HttpMethod.Get : HttpMethod.Post, "/items") { Content = content }.ForUser(world.Key.UserId));

    private static IEnumerable<int> Once(Queue<int> values)
    {
        while (values.TryDequeue(out int value))
            yield return value;
    }
}
