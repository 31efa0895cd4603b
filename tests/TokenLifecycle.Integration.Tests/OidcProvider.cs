using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Integration.Tests;

/// <summary>
/// The real <c>oidc-provider</c> in a Node.js process of its own on a loopback port. It rotates refresh tokens on every use, insists on PKCE, and
/// ends a grant when a spent refresh token comes back. All its tokens and codes carry <see cref="Canary.Mark"/>.
/// </summary>
public sealed class OidcProvider : IAsyncLifetime
{
    /// <summary>The path-only part of the registered redirect addresses; the port is the app's own (RFC 8252 section 7.3).</summary>
    public static readonly Uri RedirectUri = new("http://127.0.0.1/callback");

    private static readonly string[] RedirectUris = [RedirectUri.ToString(), "http://127.0.0.1/connections/callback", "http://127.0.0.1/connections/oidc/callback"];
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);

    private readonly StringBuilder _errors = new();
    private readonly string _secret = Canary.New("client-secret");
    private Process? _process;

    /// <summary>
    /// How long access tokens live. A test that wants real expiry makes a provider of its own: <c>new() { AccessTokenSeconds = 2 }</c>, then
    /// <see cref="InitializeAsync"/> and <see cref="DisposeAsync"/>.
    /// </summary>
    public int AccessTokenSeconds { get; init; } = 3600;

    public Uri Issuer { get; private set; } = null!;

    public Uri AuthorizationEndpoint => new(Issuer, "/auth");

    public Uri TokenEndpoint => new(Issuer, "/token");

    public Uri RevocationEndpoint => new(Issuer, "/token/revocation");

    public Uri IntrospectionEndpoint => new(Issuer, "/token/introspection");

    public Uri UserInfoEndpoint => new(Issuer, "/me");

    /// <summary>The API behind the provider: 401 or <c>{ sub, client, scope, jti }</c>, <c>jti</c> telling access tokens apart.</summary>
    public Uri ResourceUri => new(Issuer, "/resource");

    public OidcClient BasicClient => new("web-basic", _secret, "client_secret_basic");

    public OidcClient PostClient => new("web-post", _secret, "client_secret_post");

    public OidcClient PublicClient => new("public", Secret: null, "none");

    /// <summary>The client of the client credentials grant; it knows the scope <c>api:read</c>.</summary>
    public OidcClient MachineClient => new("machine", _secret, "client_secret_basic");

    /// <summary>Walks a new browser from an authorization request to the redirect back, signing in as <paramref name="login"/> and consenting.</summary>
    /// <returns>The callback with its query; nothing was sent to it.</returns>
    public async Task<Uri> ConsentAsync(Uri authorizationUrl, string login)
    {
        using var pages = new OidcPages(Issuer);
        return await pages.ConsentAsync(authorizationUrl, login);
    }

    /// <summary>As <see cref="ConsentAsync"/>, but cancels on the consent page.</summary>
    public async Task<Uri> DenyAsync(Uri authorizationUrl, string login)
    {
        using var pages = new OidcPages(Issuer);
        return await pages.DenyAsync(authorizationUrl, login);
    }

    public async Task InitializeAsync()
    {
        if (OidcProviderFactAttribute.IsOff)
            return;

        string folder = RepositoryRoot.Combine("tests", "oidc-provider");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            throw new InvalidOperationException($"The npm packages of tests/oidc-provider are missing: run build/test.sh once, or 'npm ci' there, or set {OidcProviderFactAttribute.Variable}=1.");

        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("TOKENLIFECYCLE_NODE") is { Length: > 0 } node ? node : "node", ["server.mjs"])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["OIDC_TOKEN_MARK"] = $"{Canary.Mark}-",
                ["OIDC_CLIENT_SECRET"] = _secret,
                ["OIDC_ACCESS_TOKEN_SECONDS"] = AccessTokenSeconds.ToString(CultureInfo.InvariantCulture),
                ["OIDC_REDIRECT_URIS"] = string.Join(' ', RedirectUris),
            },
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.AppendLine(line.Data);
        };
        _process.BeginErrorReadLine();

        using var deadline = new CancellationTokenSource(StartDeadline, TimeProvider.System);
        string? ready = await _process.StandardOutput.ReadLineAsync(deadline.Token);
        if (ready is null)
        {
            await _process.WaitForExitAsync(deadline.Token);
            throw new InvalidOperationException($"oidc-provider did not start: {_errors}");
        }

        Issuer = new Uri(JsonDocument.Parse(ready).RootElement.GetProperty("issuer").GetString()!);
    }

    public async Task DisposeAsync()
    {
        if (_process is null)
            return;

        _process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(StartDeadline, TimeProvider.System);
        await _process.WaitForExitAsync(deadline.Token);
        _process.Dispose();
    }
}
