using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Polly;
using Polly.Retry;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

/// <summary>Law 9: without a token nothing is sent, whoever else stands in the chain.</summary>
public sealed class FailClosedTests
{
    [Fact]
    public async Task AT_4_Without_a_connection_nothing_is_sent()
    {
        await using World world = await HttpWorld.StartAsync();
        Func<Task> sending = () => world.Api().SendAsync(world.Request());

        (await sending.Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task AT_4_With_the_store_down_nothing_is_sent()
    {
        await using World world = await HttpWorld.StartAsync();
        world.Store.Fail("find", "begin");
        Func<Task> sending = () => world.Api().SendAsync(world.Request());

        (await sending.Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.StoreUnavailable);
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task AT_4_With_an_ended_token_and_no_other_to_be_had_nothing_is_sent_to_the_API()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(503));
        Func<Task> sending = () => world.Api().SendAsync(world.Request());

        await sending.Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        world.ApiRequests().Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FH-5")]
    public async Task Law9_A_synchronous_request_without_a_user_throws_and_sends_nothing()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        Action sending = () => world.Api().Http.Send(new HttpRequestMessage(HttpMethod.Get, "/api/echo"));

        sending.Should().Throw<ProviderConfigurationException>().Which.Reason.Should().Be(ProviderConfigurationReason.UserNotNamed);
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task Law9_An_unknown_provider_is_named_with_the_known_ones()
    {
        await using World world = await HttpWorld.StartAsync(services: all => all.AddHttpClient("typo").AddTokenHandler("Acme"));
        HttpClient typo = world.Services.GetRequiredService<IHttpClientFactory>().CreateClient("typo");
        Func<Task> sending = () => typo.GetAsync(new Uri(world.Server.Address, "/api/echo"));

        ProviderConfigurationException refused = await sending.RefusedAsync(ProviderConfigurationReason.UnknownProvider);

        refused.Message.Should().Contain("\"Acme\"").And.Contain("Registered: acme").And.Contain("AddProvider(\"Acme\"");
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_token_that_the_request_brings_along_is_replaced()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        HttpRequestMessage request = world.Request();
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer somebody-elses");

        using HttpResponseMessage response = await world.Api().SendAsync(request);

        (await response.UserAsync()).Should().Be(world.User.Name);
    }

    [Fact]
    public async Task A_caller_who_gives_up_waiting_sends_nothing_and_the_refresh_goes_on()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectExpiredAsync();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        using var cancel = new CancellationTokenSource();
        Task<HttpResponseMessage> given = world.Api().SendAsync(world.Request(), cancel.Token);
        Task<HttpResponseMessage> patient = world.Api().SendAsync(world.Request());
        await hold.Reached;

        await cancel.CancelAsync();
        Func<Task> waiting = () => given.WaitAsync(TimeSpan.FromSeconds(30)); // Ends a run that would hang; the call itself is to end at once.
        await waiting.Should().ThrowAsync<OperationCanceledException>();
        world.ApiRequests().Should().BeEmpty();
        hold.Release();

        (await (await patient).UserAsync()).Should().Be(world.User.Name);
        world.ApiRequests().Should().ContainSingle();
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task A_caller_who_gives_up_during_the_forced_refresh_of_a_401_sends_nothing_more()
    {
        await using World world = await HttpWorld.StartAsync();
        await world.ConnectAsync();
        world.Server.RevokeAccessTokens(world.User);
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);
        using var cancel = new CancellationTokenSource();
        Task<HttpResponseMessage> given = world.Api().SendAsync(world.Request(), cancel.Token);
        await hold.Reached;

        await cancel.CancelAsync();
        Func<Task> waiting = () => given.WaitAsync(TimeSpan.FromSeconds(30)); // Ends a run that would hang; the call itself is to end at once.
        await waiting.Should().ThrowAsync<OperationCanceledException>();
        hold.Release();
        AccessToken newer = await world.Tokens.RefreshAsync(world.Key);

        world.Server.IsLive(newer.Value).Should().BeTrue();
        world.ApiRequests().Should().ContainSingle();
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task Each_try_of_an_outer_retry_gets_a_token_that_is_valid_then()
    {
        await using World world = await HttpWorld.StartAsync(client => client.AddHttpMessageHandler(services => new RetryHandler(services.GetRequiredService<TimeProvider>(), TimeSpan.Zero)));
        await world.ConnectAsync();
        world.Server.Api.FailNext(Fault.Status(503), times: 2, _ =>
        {
            world.Clock.Advance(TimeSpan.FromHours(2)); // The API takes its time, and the token ends meanwhile.
            return true;
        });

        using HttpResponseMessage response = await world.Api().SendAsync(world.Request());

        (await response.UserAsync()).Should().Be(world.User.Name);
        world.ApiRequests().Select(request => request.Header("Authorization")).Should().HaveCount(3).And.OnlyHaveUniqueItems();
        world.Refreshes.Should().Be(2);
    }

    [Fact]
    public async Task An_outer_retry_of_a_dead_grant_makes_no_storm()
    {
        await using World world = await HttpWorld.StartAsync(client => client.AddHttpMessageHandler(services => new RetryHandler(services.GetRequiredService<TimeProvider>(), TimeSpan.Zero)));
        await world.ConnectExpiredAsync();
        world.Server.RevokeGrant(world.User);
        Func<Task> sending = () => world.Api().SendAsync(world.Request());

        await sending.Should().ThrowAsync<ReauthorizationRequiredException>();
        RetryHandler.TriesOf(world).Should().Be(1, "what resilience handlers retry by default is HttpRequestException, which a token exception is not");
        world.Refreshes.Should().Be(1);
        world.ApiRequests().Should().BeEmpty();
    }

    [Fact]
    public async Task An_outer_retry_of_everything_is_answered_from_memory()
    {
        await using World world = await HttpWorld.StartAsync(client => client.AddHttpMessageHandler(services => new RetryHandler(services.GetRequiredService<TimeProvider>(), TimeSpan.Zero, everything: true)));
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(503, "60"));
        Func<Task> sending = () => world.Api().SendAsync(world.Request());

        (await sending.Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.RetryAfter.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(59));
        RetryHandler.TriesOf(world).Should().Be(4);
        world.Server.Log.Requests.Should().ContainSingle("the pause that the provider asked for is kept"); // Counted as it arrives.
        world.ApiRequests().Should().BeEmpty();
    }

    /// <summary>A Polly pipeline around the request, as AddStandardResilienceHandler puts it.</summary>
    private sealed class RetryHandler : DelegatingHandler
    {
        private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<TimeProvider, System.Runtime.CompilerServices.StrongBox<int>> _tries = [];
        private readonly TimeProvider _time;
        private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;

        public RetryHandler(TimeProvider time, TimeSpan pause, bool everything = false)
        {
            _time = time;
            _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
                .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
                {
                    MaxRetryAttempts = 3,
                    Delay = pause,
                    ShouldHandle = given => ValueTask.FromResult(
                        given.Outcome.Exception is HttpRequestException || (everything && given.Outcome.Exception is not null) || given.Outcome.Result is { StatusCode: >= HttpStatusCode.InternalServerError }),
                })
                .Build();
        }

        public static int TriesOf(World world) => _tries.GetOrCreateValue(world.Clock).Value;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            await _pipeline.ExecuteAsync(
                async token =>
                {
                    Interlocked.Increment(ref _tries.GetOrCreateValue(_time).Value);
                    return await base.SendAsync(request, token);
                }, cancellationToken);
    }
}
