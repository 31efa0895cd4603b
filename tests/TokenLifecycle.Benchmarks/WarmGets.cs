using BenchmarkDotNet.Attributes;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Flows;
using Google.Apis.Auth.OAuth2.Responses;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Identity.Client;

namespace TokenLifecycle.Benchmarks;

/// <summary>A token that is there and fresh, asked for by each library as its documentation says, and the least that anybody could do.</summary>
public class WarmGets
{
    private const int Connections = 100_000;
    private const int Step = 7919; // A prime, so that every key gets its turn far from the last one.

    // Of all benchmarks of the group, which run in one process: to save so many connections takes longer than to measure.
    private static readonly Lazy<Task<(ITokenManager Tokens, TokenKey[] Keys)>> World = new(StartAsync);

    private ITokenManager _tokens = null!;
    private TokenKey[] _keys = null!;
    private Dictionary<TokenKey, AccessToken> _byKey = null!;
    private Dictionary<(string Provider, string UserId), AccessToken> _byPair = null!;
    private (string Provider, string UserId) _pair;
    private IConfidentialClientApplication _msal = null!;
    private UserCredential _google = null!;
    private TimeProvider _time = null!;
    private int _next;

    private static readonly string[] Scopes = ["https://graph.example.com/.default"];

    /// <summary>Ours beside the limit, by turns: of one hot key, and of all keys at random. The loops are here, so that no call of a delegate adds to both and makes their ratio smaller.</summary>
    internal static async Task<(Duel Hot, Duel AtRandom)> DuelAsync()
    {
        var gets = new WarmGets();
        await gets.SetUpAsync();
        return (
            await Duel.MeasureAsync(gets.LimitAsync, gets.OursAsync, operations: 1_000_000, rounds: 60),
            await Duel.MeasureAsync(gets.LimitAtRandomAsync, gets.OursAtRandomAsync, operations: 200_000, rounds: 60));
    }

    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult(); // In this process the harness does not wait for a task.

    public async Task SetUpAsync()
    {
        _time = TimeProvider.System;
        (_tokens, _keys) = await World.Value;
        _byKey = [];
        _byPair = [];
        foreach (TokenKey key in _keys)
        {
            AccessToken token = await _tokens.GetAccessTokenAsync(key);
            _byKey.Add(key, token);
            _byPair.Add((key.Provider, key.UserId), token);
        }

        _pair = (_keys[0].Provider, _keys[0].UserId);
        _msal = Peers.Msal();
        await _msal.AcquireTokenForClient(Scopes).ExecuteAsync();
        _google = new UserCredential(
            new GoogleAuthorizationCodeFlow(new GoogleAuthorizationCodeFlow.Initializer { ClientSecrets = new ClientSecrets { ClientId = "client", ClientSecret = "secret" } }),
            "user",
            new TokenResponse { AccessToken = "access", RefreshToken = "refresh", ExpiresInSeconds = 21600, IssuedUtc = TimeProvider.System.GetUtcNow().UtcDateTime });
    }

    [Benchmark]
    public AccessToken? Limit() => Living(_byKey.TryGetValue(_keys[0], out AccessToken? token) ? token : null);

    [Benchmark]
    public AccessToken? LimitByPair() => Living(_byPair.TryGetValue(_pair, out AccessToken? token) ? token : null);

    [Benchmark]
    public AccessToken? LimitAtRandom() => Living(_byKey.TryGetValue(Next(), out AccessToken? token) ? token : null);

    [Benchmark]
    public AccessToken Ours() => BenchWorld.AtOnce(_tokens.GetAccessTokenAsync(_keys[0]));

    [Benchmark]
    public AccessToken OursAtRandom() => BenchWorld.AtOnce(_tokens.GetAccessTokenAsync(Next()));

    [Benchmark]
    public async Task<string> Msal() => (await _msal.AcquireTokenForClient(Scopes).ExecuteAsync()).AccessToken;

    [Benchmark]
    public Task<string> Google() => _google.GetAccessTokenForRequestAsync();

    private Task LimitAsync(int times)
    {
        AccessToken? token = null;
        for (int time = 0; time < times; time++)
            token = Limit();
        return Done(token);
    }

    private Task OursAsync(int times)
    {
        AccessToken? token = null;
        for (int time = 0; time < times; time++)
            token = Ours();
        return Done(token);
    }

    private Task LimitAtRandomAsync(int times)
    {
        AccessToken? token = null;
        for (int time = 0; time < times; time++)
            token = LimitAtRandom();
        return Done(token);
    }

    private Task OursAtRandomAsync(int times)
    {
        AccessToken? token = null;
        for (int time = 0; time < times; time++)
            token = OursAtRandom();
        return Done(token);
    }

    private static Task Done(AccessToken? token) => token is null ? throw new InvalidOperationException("There is no token.") : Task.CompletedTask;

    private static async Task<(ITokenManager Tokens, TokenKey[] Keys)> StartAsync()
    {
        ITokenManager tokens = BenchWorld.Services().BuildServiceProvider().GetRequiredService<ITokenManager>();
        return (tokens, await BenchWorld.WarmUpAsync(tokens, Connections));
    }

    private TokenKey Next() => _keys[_next = (_next + Step) % Connections];

    private AccessToken? Living(AccessToken? token) => token is not null && _time.GetUtcNow() < token.ExpiresAt ? token : null;
}
