using System.Net.Http.Headers;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Benchmarks;

/// <summary>A whole refresh over a real socket (store, lease, request, save) against the bare request. Each call spends a refresh token of its own, as in life.</summary>
public class Refreshes
{
    private const int Calls = 64;

    private SimulatedAuthorizationServer _server = null!;
    private ServiceProvider _app = null!;
    private ITokenManager _tokens = null!;
    private ITokenStore _store = null!;
    private HttpClient _http = null!;
    private readonly Queue<TokenKey> _keys = new();
    private readonly Queue<string> _refreshTokens = new();
    private int _made;

    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult(); // In this process the harness does not wait for a task.

    public async Task SetUpAsync()
    {
        _server = await SimulatedAuthorizationServer.StartAsync(o => (o.Rotation, o.RecordRequests) = (Rotation.EveryUse, false));
        var services = new ServiceCollection();
        services.AddTokenLifecycle().AddProvider(BenchWorld.Provider, _server.Configure);
        _app = services.BuildServiceProvider();
        _tokens = _app.GetRequiredService<ITokenManager>();
        _store = _app.GetRequiredService<ITokenStore>();
        _http = new HttpClient();
    }

    [GlobalCleanup]
    public void TearDown() => TearDownAsync().GetAwaiter().GetResult();

    private async Task TearDownAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _server.DisposeAsync();
    }

    [IterationSetup(Target = nameof(PlainPost))]
    public void Issue()
    {
        for (int i = 0; i < Calls; i++)
            _refreshTokens.Enqueue(_server.IssueTokens(_server.SignedInUser, "read").RefreshToken!);
    }

    [IterationSetup(Target = nameof(Ours))]
    public void Store()
    {
        for (int i = 0; i < Calls; i++)
        {
            TokenKey key = BenchWorld.KeyOf(_made++);
            _store.SaveAsync(Expired(key, _server.IssueTokens(_server.SignedInUser, "read")), StoredToken.Unsaved, CancellationToken.None).GetAwaiter().GetResult();
            _keys.Enqueue(key);
        }
    }

    [Benchmark(OperationsPerInvoke = Calls)]
    public async Task PlainPost()
    {
        while (_refreshTokens.TryDequeue(out string? refreshToken))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _server.TokenEndpoint.Address)
            {
                Content = new FormUrlEncodedContent([
                    new("grant_type", "refresh_token"), new("refresh_token", refreshToken), new("client_id", _server.ClientId), new("client_secret", _server.ClientSecret),
                ]),
            };
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            using HttpResponseMessage response = await _http.SendAsync(request);
            response.EnsureSuccessStatusCode();
            await response.Content.ReadAsByteArrayAsync();
        }
    }

    [Benchmark(OperationsPerInvoke = Calls)]
    public async Task Ours()
    {
        while (_keys.TryDequeue(out TokenKey key))
            await _tokens.GetAccessTokenAsync(key);
    }

    private static StoredToken Expired(TokenKey key, TokenSet tokens)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new StoredToken
        {
            Key = key,
            Tokens = new TokenSet { AccessToken = tokens.AccessToken, RefreshToken = tokens.RefreshToken, Scopes = tokens.Scopes, IssuedAt = now - TimeSpan.FromHours(1), ExpiresAt = now - TimeSpan.FromSeconds(1) },
            ReceivedAt = now - TimeSpan.FromHours(1),
            NextRefreshAt = now - TimeSpan.FromMinutes(5),
        };
    }
}
