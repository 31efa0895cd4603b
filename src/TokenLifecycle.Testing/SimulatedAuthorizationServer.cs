using System.Diagnostics;
using System.Net;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TokenLifecycle.Options;
using TokenLifecycle.Testing.Grants;
using TokenLifecycle.Testing.Web;

namespace TokenLifecycle.Testing;

/// <summary>
/// A real OAuth 2.0 authorization server and a small API, on a loopback port, that a test commands: strict where providers are strict,
/// wrong where the test wants it wrong, and with a log of everything that happened. It writes no other logs.
/// </summary>
[DebuggerDisplay("{Options.Dialect} server at {Address}")]
public sealed class SimulatedAuthorizationServer : IAsyncDisposable
{
    private const int LargestHeaders = 256 * 1024;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ServerContext _server;
    private readonly WebApplication _app;

    private SimulatedAuthorizationServer(SimulatedServerOptions options)
    {
        _server = new ServerContext(options);
        _app = Build();
        var endpoints = new FrontEndpoints(AuthorizationEndpoint, TokenEndpoint, RevocationEndpoint, Api);
        _app.Run(new Front(_server, endpoints, _stopping.Token).HandleAsync);
    }

    /// <summary>Where the server is, for example <c>http://127.0.0.1:41234</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>How it behaves. May be changed while it runs, where the options allow it.</summary>
    public SimulatedServerOptions Options => _server.Options;

    /// <summary>Everything that happened.</summary>
    public ServerLog Log => _server.Log;

    /// <summary>The authorization endpoint.</summary>
    public ScriptedEndpoint AuthorizationEndpoint { get; } = new();

    /// <summary>The token endpoint.</summary>
    public ScriptedEndpoint TokenEndpoint { get; } = new();

    /// <summary>The revocation endpoint.</summary>
    public ScriptedEndpoint RevocationEndpoint { get; } = new();

    /// <summary>
    /// The protected API: the dialect's own addresses and, in every dialect, <c>/api/echo</c> (whose token, which method, how long a body),
    /// <c>/api/redirect?status=307&amp;to=…</c> and <c>/api/forbidden?scope=…</c>. Its faults also take every other address that is not an
    /// endpoint.
    /// </summary>
    public ScriptedEndpoint Api { get; } = new();

    /// <summary>The user info endpoint, in the dialect's own format.</summary>
    public Uri UserInfoAddress => new(Address, _server.Dialect.UserInfoPath);

    /// <summary>The registered client.</summary>
    public string ClientId => _server.ClientId;

    /// <summary>The registered client's secret; empty for a public client.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string ClientSecret => _server.ClientSecret;

    /// <summary>Who is signed in at the provider when an authorization request names no user in <c>login_hint</c>.</summary>
    /// <value>The default value is a user named <c>user</c>.</value>
    public SimulatedUser SignedInUser
    {
        get => _server.SignedInUser;
        set => _server.SignedInUser = value;
    }

    /// <summary>Starts a server on a free loopback port.</summary>
    /// <param name="configure">Sets its options.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<SimulatedAuthorizationServer> StartAsync(
        Action<SimulatedServerOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        var options = new SimulatedServerOptions();
        configure?.Invoke(options);
        var server = new SimulatedAuthorizationServer(options);
        await server._app.StartAsync(cancellationToken).ConfigureAwait(false);
        server.Settle();
        return server;
    }

    /// <summary>
    /// Points a provider at this server: endpoints, client, API origin, and plain HTTP on loopback. Every other setting stays what the
    /// preset made it. Use it as the configuration of a preset: <c>AddStrava(server.Configure)</c>.
    /// </summary>
    /// <param name="options">The provider's options.</param>
    public void Configure(OAuthProviderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Environment = null;
        options.AuthorizationEndpoint = AuthorizationEndpoint.Address.AbsoluteUri;
        options.TokenEndpoint = TokenEndpoint.Address.AbsoluteUri;
        options.RevocationEndpoint = RevocationEndpoint.Address.AbsoluteUri;
        options.UserInfoEndpoint = UserInfoAddress.AbsoluteUri;
        options.ClientId = ClientId;
        options.ClientSecret = ClientSecret.Length == 0 ? null : ClientSecret;
        options.ApiOrigins = [_server.Origin];
        options.AllowHttpOnLoopback = true;
    }

    /// <summary>Adds a user.</summary>
    /// <param name="name">The name, for <c>login_hint</c> and the log.</param>
    /// <param name="accountId">The account's id; a whole number for Strava and TrainingPeaks. <see langword="null"/> for the next free
    /// one.</param>
    public SimulatedUser AddUser(string name, string? accountId = null) => _server.AddUser(name, accountId);

    /// <summary>Issues tokens as though the user had just connected.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="scopes">The granted scopes.</param>
    public TokenSet IssueTokens(SimulatedUser user, params IReadOnlyList<string> scopes)
    {
        ArgumentNullException.ThrowIfNull(user);
        DateTimeOffset now = _server.Now;
        Issued tokens = _server.Book.Issue(user, scopes);
        return new TokenSet
        {
            AccessToken = tokens.Access.Value,
            RefreshToken = tokens.Refresh?.Value,
            IssuedAt = now,
            ExpiresAt = tokens.Access.ExpiresAt,
            Scopes = scopes,
            AccountId = user.AccountId,
            Issuer = _server.Origin,
            ClientId = ClientId,
        };
    }

    /// <summary>The user withdraws every grant at the provider.</summary>
    /// <param name="user">Who.</param>
    public void RevokeGrant(SimulatedUser user) => _server.Book.Revoke(user);

    /// <summary>The provider forgets a user's access tokens before their time; refresh tokens stay good.</summary>
    /// <param name="user">Whose.</param>
    public void RevokeAccessTokens(SimulatedUser user) => _server.Book.RevokeAccessTokens(user);

    /// <summary>Changes the client's secret at the provider.</summary>
    /// <param name="secret">The new one; <see langword="null"/> for a random one.</param>
    /// <returns>The new secret.</returns>
    public string ChangeClientSecret(string? secret = null) => _server.ClientSecret = secret ?? Secrets.New("secret-", Options.SecretMark);

    /// <summary>Whether the server would accept this refresh or access token now. Asking consumes nothing.</summary>
    /// <param name="token">The token.</param>
    public bool IsLive(string token) => _server.Book.IsLive(token);

    /// <summary>Stops at once: held requests end and open connections are cut.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _app.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <summary>Dialect and address.</summary>
    public override string ToString() => $"Simulated {Options.Dialect} at {Address}";

    private static WebApplication Build()
    {
        // The empty builder: no logging provider, and neither environment nor appsettings can bend the server.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestHeadersTotalSize = LargestHeaders;
            kestrel.Limits.MaxRequestLineSize = LargestHeaders;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        return builder.Build();
    }

    private void Settle()
    {
        Address = new Uri(_app.Urls.First());
        _server.Origin = Address.GetLeftPart(UriPartial.Authority);
        AuthorizationEndpoint.Address = new Uri(Address, _server.Dialect.AuthorizationPath);
        TokenEndpoint.Address = new Uri(Address, _server.Dialect.TokenPath);
        RevocationEndpoint.Address = new Uri(Address, _server.Dialect.RevocationPath);
        Api.Address = new Uri(Address, "/api/");
    }
}
