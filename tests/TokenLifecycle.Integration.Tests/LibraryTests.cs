using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Integration.Tests;

/// <summary>The whole library against a server that was not written for it: its real login and consent pages, its rotation, its reuse detection.</summary>
[Collection(OidcProviderCollection.Name)]
public sealed class LibraryTests(OidcProvider provider) : IAsyncLifetime
{
    private static readonly string[] Scopes = ["openid", "offline_access", "api:read"];
    private static readonly TimeSpan AccessTokenLife = TimeSpan.FromHours(1);

    private readonly ManualTimeProvider _clock = new(TimeProvider.System.GetUtcNow()); // The provider's own clock is the real one, and its ID tokens say when they were issued.
    private readonly List<ServiceProvider> _apps = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ServiceProvider app in _apps)
            await app.DisposeAsync();
    }

    public static TheoryData<string> UserClients => new("web-basic", "web-post", "public");

    [OidcProviderTheory]
    [MemberData(nameof(UserClients))]
    public async Task A_user_connects_through_the_real_pages_and_the_api_is_called_with_their_token(string client)
    {
        ServiceProvider app = App(client);
        TokenKey key = await ConnectAsync(app, "ann");

        (await CallAsync(app, key)).GetProperty("sub").GetString().Should().Be("ann");
        (await Tokens(app).GetStatusAsync(key)).Should().BeEquivalentTo(new { State = TokenState.Valid, AccountId = "ann", MissingScopes = Array.Empty<string>() });
    }

    [OidcProviderFact]
    public async Task A_connection_survives_ten_rotations()
    {
        ServiceProvider app = App("web-basic");
        TokenKey key = await ConnectAsync(app, "bob");
        var tokensSeen = new HashSet<string>(StringComparer.Ordinal) { (await CallAsync(app, key)).GetProperty("jti").GetString()! };
        var refreshTokensSeen = new HashSet<string>(StringComparer.Ordinal) { await RefreshTokenAsync(app, key) };

        for (int rotation = 0; rotation < 10; rotation++)
        {
            _clock.Advance(AccessTokenLife + TimeSpan.FromSeconds(1));
            tokensSeen.Add((await CallAsync(app, key)).GetProperty("jti").GetString()!).Should().BeTrue("each refresh brings a new access token");
            refreshTokensSeen.Add(await RefreshTokenAsync(app, key)).Should().BeTrue("this server rotates on every use");
        }
    }

    [OidcProviderFact]
    public async Task A_hundred_callers_with_an_expired_token_do_not_trip_reuse_detection()
    {
        ServiceProvider app = App("web-basic");
        TokenKey key = await ConnectAsync(app, "cid");

        for (int round = 0; round < 3; round++)
        {
            _clock.Advance(AccessTokenLife + TimeSpan.FromSeconds(1));
            JsonElement[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => CallAsync(app, key)));
            answers.Select(answer => answer.GetProperty("jti").GetString()).Distinct().Should().ContainSingle();
        }
    }

    [OidcProviderFact]
    public async Task Reuse_of_a_spent_refresh_token_elsewhere_ends_the_connection_honestly()
    {
        ServiceProvider app = App("web-basic");
        TokenKey key = await ConnectAsync(app, "eve");
        string spent = await RefreshTokenAsync(app, key);
        _clock.Advance(AccessTokenLife + TimeSpan.FromSeconds(1));
        await CallAsync(app, key);
        using (var thief = new HttpClient())
            await thief.SendAsync(provider.BasicClient.Request(provider.TokenEndpoint, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = spent }));
        _clock.Advance(AccessTokenLife + TimeSpan.FromSeconds(1));

        Func<Task> call = () => CallAsync(app, key);

        (await call.Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
        (await app.GetRequiredService<ITokenStore>().FindAsync(key, CancellationToken.None)).Should().NotBeNull("nothing is deleted because something failed");
    }

    [OidcProviderFact]
    public async Task A_disconnected_grant_is_dead_at_the_provider()
    {
        ServiceProvider app = App("web-basic");
        TokenKey key = await ConnectAsync(app, "fay");
        string refreshToken = await RefreshTokenAsync(app, key);

        (await Tokens(app).DisconnectAsync(key)).Should().Be(RevocationOutcome.Revoked);

        using var http = new HttpClient();
        HttpResponseMessage refused = await http.SendAsync(
            provider.BasicClient.Request(provider.TokenEndpoint, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken }));
        refused.StatusCode.Should().Be(System.Net.HttpStatusCode.BadRequest);
        (await Tokens(app).GetStatusAsync(key)).State.Should().Be(TokenState.Missing);
    }

    [OidcProviderFact]
    public async Task An_application_gets_tokens_of_its_own_and_renews_them()
    {
        ServiceProvider app = App("machine");
        TokenKey key = TokenKey.ForApplication("oidc");
        string first = (await CallAsync(app, key)).GetProperty("jti").GetString()!;
        _clock.Advance(AccessTokenLife + TimeSpan.FromSeconds(1));

        JsonElement second = await CallAsync(app, key);

        second.GetProperty("client").GetString().Should().Be("machine");
        second.GetProperty("jti").GetString().Should().NotBe(first);
    }

    [OidcProviderFact]
    public async Task A_wrong_secret_is_the_operators_business_and_no_connection_is_touched()
    {
        ServiceProvider app = App("web-basic");
        TokenKey key = await ConnectAsync(app, "gus");
        StoredToken stored = (await app.GetRequiredService<ITokenStore>().FindAsync(key, CancellationToken.None))!;
        ServiceProvider misconfigured = App("web-basic", o => o.ClientSecret = Canary.New("wrong-secret"), app.GetRequiredService<ITokenStore>());
        _clock.Advance(AccessTokenLife + TimeSpan.FromSeconds(1));

        Func<Task> call = () => CallAsync(misconfigured, key);

        await call.Should().ThrowAsync<ProviderConfigurationException>();
        StoredToken after = (await app.GetRequiredService<ITokenStore>().FindAsync(key, CancellationToken.None))!;
        after.Tokens.RefreshToken.Should().Be(stored.Tokens.RefreshToken);
        (await CallAsync(app, key)).GetProperty("sub").GetString().Should().Be("gus");
    }

    private static ITokenManager Tokens(IServiceProvider app) => app.GetRequiredService<ITokenManager>();

    private static async Task<string> RefreshTokenAsync(IServiceProvider app, TokenKey key) =>
        (await app.GetRequiredService<ITokenStore>().FindAsync(key, CancellationToken.None))!.Tokens.RefreshToken!;

    private ServiceProvider App(string client, Action<OAuthProviderOptions>? configure = null, ITokenStore? store = null)
    {
        OidcClient registered = new[] { provider.BasicClient, provider.PostClient, provider.PublicClient, provider.MachineClient }.Single(known => known.Id == client);
        var services = new ServiceCollection();
        services.AddCanaryLogging();
        services.AddSingleton<TimeProvider>(_clock);
        if (store is not null)
            services.AddSingleton(store);
        services.AddTokenLifecycle().AddProvider("oidc", o =>
        {
            o.ClientId = registered.Id;
            o.ClientSecret = registered.Secret;
            o.ClientAuthentication = registered.Method switch
            {
                "client_secret_basic" => ClientAuthenticationMethod.Basic,
                "client_secret_post" => ClientAuthenticationMethod.Body,
                _ => ClientAuthenticationMethod.None,
            };
            o.GrantType = client == "machine" ? OAuthGrantType.ClientCredentials : OAuthGrantType.AuthorizationCode;
            o.Scopes = client == "machine" ? ["api:read"] : [.. Scopes];
            o.AuthorizationEndpoint = provider.AuthorizationEndpoint.AbsoluteUri;
            o.TokenEndpoint = provider.TokenEndpoint.AbsoluteUri;
            o.RevocationEndpoint = provider.RevocationEndpoint.AbsoluteUri;
            o.Issuer = provider.Issuer.GetLeftPart(UriPartial.Authority);
            o.AdditionalAuthorizationParameters["prompt"] = "consent";
            o.AccountIdFrom = client == "machine" ? AccountIdSource.None : AccountIdSource.IdToken;
            o.AccountIdPath = "sub";
            o.ApiOrigins = [provider.Issuer.GetLeftPart(UriPartial.Authority)];
            o.AllowHttpOnLoopback = true;
            configure?.Invoke(o);
        });
        services.AddHttpClient("api", http => http.BaseAddress = provider.Issuer).AddTokenHandler("oidc");
        ServiceProvider app = services.BuildServiceProvider();
        _apps.Add(app);
        return app;
    }

    private async Task<TokenKey> ConnectAsync(IServiceProvider app, string login)
    {
        var flow = app.GetRequiredService<IAuthorizationCodeFlow>();
        Protocol.AuthorizationRequest request = flow.CreateRequest("oidc", OidcProvider.RedirectUri);
        Uri callback = await provider.ConsentAsync(request.Url, login);
        TokenSet received = await flow.ExchangeAsync(request, AuthorizationResponse.Parse(callback.Query));
        var key = new TokenKey("oidc", login);
        await Tokens(app).SaveAsync(key, received);
        return key;
    }

    private async Task<JsonElement> CallAsync(IServiceProvider app, TokenKey key)
    {
        HttpClient http = app.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.ResourceUri).ForUser(key.UserId);
        using HttpResponseMessage response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
