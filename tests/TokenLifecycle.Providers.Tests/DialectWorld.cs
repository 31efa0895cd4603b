using System.Reflection;
using System.Web;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Providers.Tests;

/// <summary>An app with one preset, unchanged but for its client and placeholders, against the provider's dialect.</summary>
internal sealed class DialectWorld : IAsyncDisposable
{
    private static readonly Uri _callback = new("https://app.example/connections/callback");

    private readonly ServiceProvider _services;
    private readonly DialectServer _server;

    private readonly Action<OAuthProviderOptions>? _configure;

    private DialectWorld(DialectServer server, string provider, ManualTimeProvider clock, Action<OAuthProviderOptions>? configure)
    {
        (_server, Clock, Key, _configure) = (server, clock, new TokenKey(provider, "ada"), configure);
        var services = new ServiceCollection();
        services.AddCanaryLogging();
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton(new BackChannel(clock, new LoopbackHandler(server.Port)));
        Add(services.AddTokenLifecycle(), server.Dialect.Method, provider, Configure);
        services.AddHttpClient("api").AddTokenHandler(provider).ConfigurePrimaryHttpMessageHandler(() => new LoopbackHandler(server.Port));
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    public ManualTimeProvider Clock { get; }

    public TokenKey Key { get; }

    public ITokenManager Tokens => _services.GetRequiredService<ITokenManager>();

    private IAuthorizationCodeFlow Flow => _services.GetRequiredService<IAuthorizationCodeFlow>();

    public static DialectWorld Create(DialectServer server, string provider, ManualTimeProvider clock, Action<OAuthProviderOptions>? configure = null) =>
        new(server, provider, clock, configure);

    /// <summary>Calls Add… by name, as the presets are one method each.</summary>
    public static void Add(TokenLifecycleBuilder builder, string method, string provider, Action<OAuthProviderOptions> configure)
    {
        Type[] parameters = [typeof(Action<OAuthProviderOptions>), typeof(string)];
        MethodInfo extension = typeof(TokenLifecycleProviderCatalogExtensions).GetMethod("Add" + method, [typeof(TokenLifecycleBuilder), .. parameters])
            ?? throw new InvalidOperationException($"There is no Add{method}.");
        extension.Invoke(null, [builder, configure, provider]);
    }

    /// <summary>As far as the exchange of the code; the user consents to all.</summary>
    public async Task<TokenSet> AuthorizeAsync()
    {
        AuthorizationRequest request = Flow.CreateRequest(Key.Provider, _callback);
        string callback = Consent(request.Url);
        return await Flow.ExchangeAsync(request, AuthorizationResponse.Parse(callback));
    }

    public async Task<TokenSet> ConnectAsync(TokenKey? key = null)
    {
        TokenSet tokens = await AuthorizeAsync();
        await Tokens.SaveAsync(key ?? Key, tokens);
        return tokens;
    }

    /// <summary>
    /// Gets a token after the present one has expired, or after the API has rejected it where it does not expire. A token that is exchanged for the next one is exchanged before it expires.
    /// </summary>
    public async Task<AccessToken> RefreshAsync(TokenKey? other = null)
    {
        TokenKey key = other ?? Key;
        StoredToken stored = await StoredAsync(key);
        if (_server.Dialect.Token!.Credential == "access" && stored.Tokens.ExpiresAt is { } end)
        {
            Clock.Advance((end - Clock.GetUtcNow()) / 2);
            return await Tokens.RefreshAsync(key);
        }

        if (stored.Tokens.ExpiresAt is { } expires)
        {
            TimeSpan left = expires - Clock.GetUtcNow();
            Clock.Advance(left > TimeSpan.Zero ? left + TimeSpan.FromMinutes(1) : TimeSpan.FromHours(1));
            return await Tokens.GetAccessTokenAsync(key);
        }

        Clock.Advance(TimeSpan.FromMinutes(5));
        return await Tokens.RefreshAsync(key);
    }

    public async Task<StoredToken> StoredAsync(TokenKey? other = null) =>
        await _services.GetRequiredService<ITokenStore>().FindAsync(other ?? Key, CancellationToken.None) ?? throw new InvalidOperationException("Nothing is stored.");

    public async Task<HttpResponseMessage> CallAsync(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address).ForUser(Key.UserId);
        return await _services.GetRequiredService<IHttpClientFactory>().CreateClient("api").SendAsync(request);
    }

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();

    private void Configure(OAuthProviderOptions o)
    {
        o.ClientId = DialectServer.ClientId;
        o.ClientSecret = _server.Dialect.Token!.Auth == "none" ? null : _server.Secret;
        o.RedirectUriName = _server.Dialect.RedirectUriName;
        foreach ((string name, string value) in _server.Dialect.Placeholders)
            o.Placeholders[name] = value;
        _configure?.Invoke(o);
    }

    /// <summary>The provider's side of the browser: looks at the authorization request as strictly as the server does, and redirects.</summary>
    private string Consent(Uri url)
    {
        AuthorizePart authorize = _server.Dialect.Authorize!;
        var expected = new Uri(authorize.Url);
        System.Collections.Specialized.NameValueCollection query = HttpUtility.ParseQueryString(url.Query);
        _server.Require(url.GetLeftPart(UriPartial.Path) == expected.GetLeftPart(UriPartial.Path), $"{url.GetLeftPart(UriPartial.Path)} is not {authorize.Url}");
        foreach (string name in HttpUtility.ParseQueryString(expected.Query).AllKeys.OfType<string>())
            _server.Require(query[name] == HttpUtility.ParseQueryString(expected.Query)[name], $"{name} is missing in the authorization address");
        string client = _server.Dialect.ParameterNames.GetValueOrDefault("client_id", "client_id");
        string redirect = _server.Dialect.RedirectUriName ?? _callback.AbsoluteUri;
        _server.Require(query["response_type"] == "code" && query[client] == DialectServer.ClientId && query["redirect_uri"] == redirect, $"response_type, {client} and redirect_uri");
        _server.Require((query["code_challenge"] is not null) == authorize.Pkce, authorize.Pkce ? "the provider wants a code challenge" : "the provider knows no code challenge");
        foreach ((string name, string value) in authorize.Parameters ?? [])
            _server.Require(query[name] == value, $"{name} is \"{query[name]}\"; the provider wants {value}");
        CheckScope(query["scope"], authorize);
        (_server.Tokens.Challenge, _server.Tokens.Nonce, _server.Tokens.RedirectUri) = (query["code_challenge"], query["nonce"], query["redirect_uri"]!);
        string extras = string.Concat((authorize.Callback ?? []).Select(static pair => $"&{pair.Key}={Uri.EscapeDataString(pair.Value)}"));
        return $"{_callback}?code={_server.Tokens.IssueCode()}&state={Uri.EscapeDataString(query["state"]!)}{extras}";
    }

    private void CheckScope(string? scope, AuthorizePart authorize)
    {
        if (authorize.Scope == "none")
        {
            _server.Require(scope is null, "the provider knows no scope parameter");
            return;
        }

        string[] asked = scope?.Split(authorize.Scope == "comma" ? ',' : ' ') ?? [];
        foreach (string wanted in authorize.Contains ?? [])
            _server.Require(asked.Contains(wanted, StringComparer.Ordinal), $"the scope {wanted} is missing in \"{scope}\"");
    }
}
