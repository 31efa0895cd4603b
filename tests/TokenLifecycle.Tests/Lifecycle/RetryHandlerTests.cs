using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>B13, law 8: what an app does to all its HTTP clients does not reach the token endpoint.</summary>
public sealed class RetryHandlerTests
{
    [Fact]
    public async Task B13_A_server_that_answers_503_gets_one_request_for_each_attempt_of_the_policy()
    {
        var handler = new Counter();
        await using World world = await StartAsync(handler);
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(503));

        for (int attempt = 1; attempt <= 8; attempt++)
        {
            await world.UnavailableAsync(TokenFailureKind.ProviderUnavailable);
            world.Posts().Should().HaveCount(attempt);
            await world.UnavailableAsync(TokenFailureKind.ProviderUnavailable);
            world.Posts().Should().HaveCount(attempt, "within the pause nothing is sent");
            world.Clock.Advance(TimeSpan.FromSeconds(31)); // The longest pause once the token has ended.
        }

        handler.Requests.Should().Be(0);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(408)]
    public async Task B13_Law_8_No_status_makes_a_token_request_be_sent_twice_in_one_attempt(int status)
    {
        var handler = new Counter();
        await using World world = await StartAsync(handler);
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(status));

        await FluentActions.Awaiting(() => world.GetAsync()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();

        world.Posts().Should().ContainSingle();
        handler.Requests.Should().Be(0);
    }

    [Fact]
    public async Task B13_The_same_handler_does_retry_the_apps_own_clients()
    {
        var handler = new Counter();
        await using World world = await StartAsync(handler);
        world.Server.Api.FailAlways(Fault.Status(503));
        using HttpClient app = world.Services.GetRequiredService<IHttpClientFactory>().CreateClient("app");

        using HttpResponseMessage answer = await app.GetAsync(world.Server.Api.Address);

        handler.Requests.Should().Be(4, "or the tests above would prove nothing");
    }

    private static Task<World> StartAsync(Counter counter) => World.StartAsync(services: services =>
        services.ConfigureHttpClientDefaults(client => client.AddHttpMessageHandler(() => new RetryHandler(counter))));

    private sealed class Counter
    {
        public int Requests { get; set; }
    }

    private sealed class RetryHandler(Counter counter) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            for (int attempt = 0; ; attempt++)
            {
                counter.Requests++;
                HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
                if ((int)response.StatusCode < 500 || attempt == 3)
                    return response;
                response.Dispose();
            }
        }
    }
}
