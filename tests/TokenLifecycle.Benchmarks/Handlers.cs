using System.Net;
using System.Net.Http.Headers;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Identity.Client;

namespace TokenLifecycle.Benchmarks;

/// <summary>A request through an <c>HttpClient</c> of the factory to a handler that answers at once: what each way to attach a token adds.</summary>
public class Handlers
{
    private static readonly Uri Address = new(BenchWorld.ApiOrigin + "/v1/activities");
    private static readonly string[] Scopes = ["https://graph.example.com/.default"];

    private ServiceProvider _app = null!;
    private HttpClient _bare = null!;
    private HttpClient _static = null!;
    private HttpClient _ours = null!;
    private HttpClient _staticLater = null!;
    private HttpClient _oursLater = null!;
    private HttpClient _msal = null!;
    private string _user = null!;

    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult(); // In this process the harness does not wait for a task.

    public async Task SetUpAsync()
    {
        ServiceCollection services = BenchWorld.Services();
        _user = BenchWorld.KeyOf(0).UserId;
        services.AddTokenLifecycle().UseCurrentUser(_ => _user);
        Add(services, "bare");
        Add(services, "static");
        Add(services, "ours").AddTokenHandler(BenchWorld.Provider);
        Add<AnswersLater>(services, "static-later");
        Add<AnswersLater>(services, "ours-later").AddTokenHandler(BenchWorld.Provider);
        IConfidentialClientApplication msal = Peers.Msal();
        Add(services, "msal").AddHttpMessageHandler(() => new MsalHandler(msal));
        _app = services.BuildServiceProvider();
        await BenchWorld.WarmUpAsync(_app.GetRequiredService<ITokenManager>(), 1000);

        IHttpClientFactory clients = _app.GetRequiredService<IHttpClientFactory>();
        (_bare, _static, _ours, _msal) = (clients.CreateClient("bare"), clients.CreateClient("static"), clients.CreateClient("ours"), clients.CreateClient("msal"));
        (_staticLater, _oursLater) = (clients.CreateClient("static-later"), clients.CreateClient("ours-later"));
        _static.DefaultRequestHeaders.Authorization = _staticLater.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", BenchWorld.Tokens(0).AccessToken);
    }

    [GlobalCleanup]
    public void TearDown() => _app.Dispose();

    /// <summary>Ours beside a static header, by turns; then the same for answers that come later, and on another thread.</summary>
    internal static async Task<(Duel AtOnce, Duel Later)> DuelAsync()
    {
        var handlers = new Handlers();
        await handlers.SetUpAsync();
        Duel atOnce = await Duel.MeasureAsync(Duel.Each(handlers.StaticHeader), Duel.Each(handlers.Ours), operations: 50_000, rounds: 60);
        Duel later = await Duel.MeasureAsync(Duel.Each(handlers.StaticHeaderLater), Duel.Each(handlers.OursLater), operations: 10_000, rounds: 40);
        handlers.TearDown();
        return (atOnce, later);
    }

    [Benchmark]
    public Task Bare() => SendAsync(_bare, new HttpRequestMessage(HttpMethod.Get, Address));

    [Benchmark]
    public Task StaticHeader() => SendAsync(_static, new HttpRequestMessage(HttpMethod.Get, Address));

    [Benchmark]
    public Task Ours() => SendAsync(_ours, new HttpRequestMessage(HttpMethod.Get, Address));

    [Benchmark]
    public Task HandWrittenAroundMsal() => SendAsync(_msal, new HttpRequestMessage(HttpMethod.Get, Address));

    internal Task OursLater() => SendAsync(_oursLater, new HttpRequestMessage(HttpMethod.Get, Address));

    internal Task StaticHeaderLater() => SendAsync(_staticLater, new HttpRequestMessage(HttpMethod.Get, Address));

    private static IHttpClientBuilder Add(ServiceCollection services, string name) => Add<AnswersAtOnce>(services, name);

    private static IHttpClientBuilder Add<THandler>(ServiceCollection services, string name)
        where THandler : HttpMessageHandler, new() =>
        services.AddHttpClient(name).RemoveAllLoggers().ConfigurePrimaryHttpMessageHandler(static () => new THandler()); // The factory's own logs are the same for all, and noise here.

    private static async Task SendAsync(HttpClient client, HttpRequestMessage request)
    {
        using HttpResponseMessage response = await client.SendAsync(request);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new InvalidOperationException($"The API answered {response.StatusCode}.");
    }

    private sealed class AnswersAtOnce : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request });
    }

    private sealed class AnswersLater : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request };
        }
    }

    /// <summary>As many write it.</summary>
    private sealed class MsalHandler(IConfidentialClientApplication msal) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            AuthenticationResult result = await msal.AcquireTokenForClient(Scopes).ExecuteAsync(cancellationToken);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", result.AccessToken);
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
