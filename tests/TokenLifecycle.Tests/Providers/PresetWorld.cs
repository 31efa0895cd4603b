using System.Net;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Providers;

/// <summary>A preset against its provider's dialect, with a browser that follows the user's consent as far as the callback.</summary>
internal sealed class PresetWorld : IAsyncDisposable
{
    private static readonly Uri _callback = new("https://app.example/connections/callback");

    private readonly ServiceProvider _services;
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    private PresetWorld(ManualTimeProvider clock, SimulatedAuthorizationServer server, string provider, Action<OAuthProviderOptions>? configure)
    {
        (Clock, Server, Key) = (clock, server, new TokenKey(provider, "ada"));
        var services = new ServiceCollection();
        services.AddCanaryLogging();
        services.AddSingleton<TimeProvider>(clock);
        TokenLifecycleBuilder builder = services.AddTokenLifecycle();
        _ = provider switch
        {
            "strava" => builder.AddStrava(Configure),
            "trainingpeaks" => builder.AddTrainingPeaks(Configure),
            _ => builder.AddGoogle(Configure),
        };
        services.AddHttpClient("api", client => client.BaseAddress = server.Address).AddTokenHandler(provider);
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });

        void Configure(OAuthProviderOptions o)
        {
            server.Configure(o);
            configure?.Invoke(o);
        }
    }

    public ManualTimeProvider Clock { get; }

    public SimulatedAuthorizationServer Server { get; }

    public TokenKey Key { get; }

    public ITokenManager Tokens => _services.GetRequiredService<ITokenManager>();

    public IReadOnlyList<TokenRequestEntry> Refreshes => Server.Log.RefreshRequests;

    public static async Task<PresetWorld> StartAsync(string provider, Action<OAuthProviderOptions>? configure = null, Action<SimulatedServerOptions>? server = null)
    {
        var clock = new ManualTimeProvider();
        SimulatedAuthorizationServer started = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.Dialect = provider switch
            {
                "strava" => Dialect.Strava,
                "trainingpeaks" => Dialect.TrainingPeaks,
                _ => Dialect.Google,
            };
            o.TimeProvider = clock;
            o.SecretMark = Canary.Mark;
            server?.Invoke(o);
        });
        return new PresetWorld(clock, started, provider, configure);
    }

    /// <summary>The user clicks Connect, consents, and comes back.</summary>
    public async Task<TokenSet> ConnectAsync(TokenKey? key = null)
    {
        TokenSet tokens = await AuthorizeAsync();
        await Tokens.SaveAsync(key ?? Key, tokens);
        return tokens;
    }

    /// <summary>As far as the exchange of the code.</summary>
    public async Task<TokenSet> AuthorizeAsync()
    {
        var flow = _services.GetRequiredService<IAuthorizationCodeFlow>();
        AuthorizationRequest request = flow.CreateRequest(Key.Provider, _callback);
        using HttpResponseMessage consent = await _browser.GetAsync(request.Url);
        consent.StatusCode.Should().Be(HttpStatusCode.Redirect);
        string location = consent.Headers.Location!.OriginalString;
        location.Should().StartWith(_callback.AbsoluteUri + "?");
        return await flow.ExchangeAsync(request, AuthorizationResponse.Parse(location));
    }

    public async Task<TokenSet> ConnectExpiredAsync()
    {
        TokenSet tokens = await ConnectAsync();
        Clock.Advance(TimeSpan.FromHours(7));
        return tokens;
    }

    public async Task<AccessToken> GetAsync(TokenKey? key = null) => await Tokens.GetAccessTokenAsync(key ?? Key);

    public async Task<HttpResponseMessage> CallAsync(string path) =>
        await _services.GetRequiredService<IHttpClientFactory>().CreateClient("api").SendAsync(new HttpRequestMessage(HttpMethod.Get, path).ForUser(Key.UserId));

    public async Task<StoredToken> StoredAsync() =>
        await _services.GetRequiredService<ITokenStore>().FindAsync(Key, CancellationToken.None) ?? throw new InvalidOperationException("Nothing is stored.");

    /// <summary>What the preset sends to the token endpoint, latest last.</summary>
    public RecordedRequest LastTo(ScriptedEndpoint endpoint) =>
        Server.Log.Requests.Last(request => request.Path == endpoint.Address.AbsolutePath);

    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        await _services.DisposeAsync();
        await Server.DisposeAsync();
    }
}
