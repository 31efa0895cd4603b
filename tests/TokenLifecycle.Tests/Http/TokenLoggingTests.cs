using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

public sealed class TokenLoggingTests
{
    [Fact]
    public async Task Law11_The_clients_own_request_log_at_Trace_hands_no_token_to_a_structured_logger()
    {
        using var watch = new CanaryWatch(Canary.Mark);
        await using World world = await HttpWorld.StartAsync(services: all => all.AddCanaryLogging(watch));
        await world.ConnectAsync();
        world.Server.RevokeAccessTokens(world.User);

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request());

        (await response.UserAsync()).Should().Be(world.User.Name, "it was rejected once, refreshed and sent again");
        watch.Leaks.Should().BeEmpty();
        response.RequestMessage!.Headers.Authorization.Should().BeNull("whoever prints a failed request prints no token");
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("fails")]
    [InlineData("answers at once")]
    [InlineData("answers later")]
    public async Task Law11_However_it_ends_the_request_keeps_no_token(string ending)
    {
        var later = new TaskCompletionSource<HttpResponseMessage>();
        string? sent = null;
        await using World world = await HttpWorld.StartAsync(client => client.ConfigurePrimaryHttpMessageHandler(() => new Primary(request =>
        {
            sent = request.Headers.Authorization?.Parameter;
            return ending switch
            {
                "throws" => throw new HttpRequestException("at once"),
                "fails" => Task.FromException<HttpResponseMessage>(new HttpRequestException("in its task")),
                "answers at once" => Task.FromResult(new HttpResponseMessage()),
                _ => later.Task,
            };
        })));
        TokenSet tokens = await world.ConnectAsync();
        using HttpRequestMessage request = world.Request();

        Task<HttpResponseMessage> sending = world.Api().SendAsync(request);
        later.SetResult(new HttpResponseMessage());
        bool answered = await sending.ContinueWith(static ended => ended.IsCompletedSuccessfully);

        answered.Should().Be(ending.StartsWith("answers", StringComparison.Ordinal));
        sent.Should().Be(tokens.AccessToken);
        request.Headers.Contains("Authorization").Should().BeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Law9_Whatever_the_app_puts_in_place_of_the_handler_that_sends_a_token_is_sent(bool byFilter)
    {
        var sent = new List<bool>();
        await using World world = await HttpWorld.StartAsync(services: all =>
        {
            all.AddHttpClient(nameof(ApiClient)).RemoveAllLoggers(); // With a filter of this kind nothing stands between the runtime's log and the header.
            if (byFilter)
                all.AddSingleton<IHttpMessageHandlerBuilderFilter>(new ReplacingFilter(sent));
            else
                all.AddHttpClient(nameof(ApiClient)).ConfigurePrimaryHttpMessageHandler(() => new Sender(sent));
        });
        await world.ConnectAsync();

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request());

        sent.Should().Equal(true);
    }

    [Fact]
    public async Task E7_A_handler_of_the_app_that_follows_redirects_itself_takes_no_token_to_another_origin()
    {
        await using SimulatedAuthorizationServer stranger = await SimulatedAuthorizationServer.StartAsync(o => o.SecretMark = Canary.Mark);
        await using World world = await HttpWorld.StartAsync(services: all => all.AddHttpClient(nameof(ApiClient)).AddHttpMessageHandler(() => new Follower(new Uri(stranger.Address, "/api/echo"))));
        await world.ConnectAsync();

        Func<Task> send = () => world.Api().SendAsync(world.Request());

        (await send.Should().ThrowAsync<ProviderConfigurationException>()).Which.Reason.Should().Be(ProviderConfigurationReason.OriginNotAllowed);
        world.ApiRequests().Should().ContainSingle().Which.Header("Authorization").Should().NotBeNull();
        stranger.Log.Requests.Should().BeEmpty("each try is looked at on its own");
    }

    private sealed class Follower(Uri to) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (await base.SendAsync(request, cancellationToken)).Dispose();
            request.RequestUri = to;
            return await base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Sender(List<bool> sent) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            sent.Add(request.Headers.Authorization?.Parameter?.Contains(Canary.Mark, StringComparison.Ordinal) == true);
            return Task.FromResult(new HttpResponseMessage());
        }
    }

    private sealed class ReplacingFilter(List<bool> sent) : IHttpMessageHandlerBuilderFilter
    {
        public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
        {
            next(builder);
            builder.PrimaryHandler = new Sender(sent);
        };
    }

    private sealed class Primary(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request);
    }
}
