using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Testing.Tests;

/// <summary>A plain HTTP client's conversation with one server.</summary>
internal sealed class Talk : IAsyncDisposable
{
    public const string RedirectUri = "https://app.example/callback";

    private Talk(SimulatedAuthorizationServer server, HttpClient http) => (Server, Http) = (server, http);

    public SimulatedAuthorizationServer Server { get; }

    public HttpClient Http { get; }

    public static async Task<Talk> WithAsync(Dialect dialect = Dialect.Rfc6749, Action<SimulatedServerOptions>? configure = null)
    {
        SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(options =>
        {
            options.Dialect = dialect;
            options.SecretMark = Canary.Mark;
            options.TimeProvider = new ManualTimeProvider();
            configure?.Invoke(options);
        });
        return new Talk(server, new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server.Address });
    }

    public ManualTimeProvider Clock => (ManualTimeProvider)Server.Options.TimeProvider;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    public Task<HttpResponseMessage> AuthorizeAsync(string more = "", string scope = "read")
    {
        string scopes = scope.Length == 0 ? "" : $"&scope={Uri.EscapeDataString(scope)}";
        return Http.GetAsync($"{Server.AuthorizationEndpoint.Address}?response_type=code&client_id={Server.ClientId}&redirect_uri={Uri.EscapeDataString(RedirectUri)}&state=s1{scopes}{more}");
    }

    public async Task<Dictionary<string, string>> CallbackAsync(string more = "", string scope = "read")
    {
        using HttpResponseMessage response = await AuthorizeAsync(more, scope);
        response.StatusCode.Should().Be(HttpStatusCode.Redirect);
        return Query(response.Headers.Location!.OriginalString);
    }

    public static Dictionary<string, string> Query(string address) => address[(address.IndexOf('?') + 1)..].Split('&')
        .Select(pair => pair.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]), StringComparer.Ordinal);

    public Task<Answer> PostAsync(Uri address, params (string Name, string Value)[] form) => SendAsync(address, null, form);

    public async Task<Answer> SendAsync(Uri address, string? authorization, params (string Name, string Value)[] form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new FormUrlEncodedContent(form.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))),
        };
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await Answer.OfAsync(await Http.SendAsync(request));
    }

    public Task<Answer> TokenAsync(params (string Name, string Value)[] form) =>
        PostAsync(Server.TokenEndpoint.Address, [.. form, ("client_id", Server.ClientId), ("client_secret", Server.ClientSecret)]);

    public Task<Answer> RedeemAsync(string code, params (string Name, string Value)[] more) =>
        TokenAsync([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", RedirectUri), .. more]);

    public Task<Answer> RefreshAsync(string refreshToken, params (string Name, string Value)[] more) =>
        TokenAsync([("grant_type", "refresh_token"), ("refresh_token", refreshToken), .. more]);

    public TokenSet Issue(params string[] scopes) => Server.IssueTokens(Server.SignedInUser, scopes);

    public async Task<Answer> ApiAsync(string path, string? accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accessToken is not null) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + accessToken);
        return await Answer.OfAsync(await Http.SendAsync(request));
    }

    public static string Basic(string id, string secret) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{WebUtility.UrlEncode(id)}:{WebUtility.UrlEncode(secret)}"));

    internal sealed record Answer(int Status, string Body, HttpResponseMessage Response)
    {
        public JsonNode Json => JsonNode.Parse(Body)!;

        public string AccessToken => (string)Json["access_token"]!;

        public string RefreshToken => (string)Json["refresh_token"]!;

        public static async Task<Answer> OfAsync(HttpResponseMessage response) =>
            new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }
}
