using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Providers.Tests;

/// <summary>A strict server that behaves as a dialect says. What it does not expect it refuses, and remembers.</summary>
internal sealed class DialectServer : IAsyncDisposable
{
    public const string ClientId = "client-1";

    private readonly WebApplication _app;
    private readonly DialectTokens _tokens;

    private DialectServer(Dialect dialect, TimeProvider time)
    {
        Dialect = dialect;
        Secret = Canary.New("secret");
        _tokens = new DialectTokens(this, time);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public Dialect Dialect { get; }

    public string Secret { get; }

    public DialectTokens Tokens => _tokens;

    public List<string> Violations { get; } = [];

    public int ApiCalls { get; private set; }

    public int Revocations { get; private set; }

    public int Port => new Uri(_app.Urls.First()).Port;

    public static async Task<DialectServer> StartAsync(Dialect dialect, TimeProvider time)
    {
        var server = new DialectServer(dialect, time);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    public void Require(bool holds, string what)
    {
        if (!holds)
            Violations.Add(what);
    }

    public void RequireHeaders(HttpRequest request, Dictionary<string, string>? headers)
    {
        foreach ((string name, string value) in headers ?? [])
            Require(request.Headers[name].ToString().StartsWith(value, StringComparison.Ordinal), $"the header {name} is \"{request.Headers[name]}\"; the provider wants {value}");
    }

    public void RequireFields(IReadOnlyDictionary<string, string> fields, Dictionary<string, string>? wanted)
    {
        foreach ((string name, string value) in wanted ?? [])
            Require(fields.GetValueOrDefault(name) == value, $"{name} is \"{fields.GetValueOrDefault(name)}\"; the provider wants {value}");
    }

    /// <summary>Whether the client proved who it is, in the one way that the provider documents.</summary>
    public void RequireClient(HttpRequest request, IReadOnlyDictionary<string, string> fields, string auth)
    {
        string header = request.Headers.Authorization.ToString();
        string expected = auth switch
        {
            "basic" => "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{ClientId}:{Secret}")),
            "basic-secret" => "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Secret}:")),
            "client-header" => $"Client {Secret}",
            _ => "",
        };
        Require(header == expected, $"the Authorization header is \"{header.Split(' ')[0]}\"; the provider wants the client in {auth}");
        Require(fields.ContainsKey("client_secret") == (auth == "body") && (auth != "body" || fields["client_secret"] == Secret), $"the client secret is expected in {auth}");
        if (auth is "body" or "client-id" or "client-header" or "basic-secret")
            Require(fields.GetValueOrDefault("client_id") == ClientId, "client_id is missing");
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string address = $"https://{context.Request.Host}{context.Request.PathBase}{context.Request.Path}{context.Request.QueryString}";
        if (Dialect.Token is { } token && (address == token.Url || address == token.RefreshUrl))
            await _tokens.AnswerAsync(context, address);
        else if (Dialect.Revocation is { } revocation && address == revocation.Url)
            await RevokeAsync(context, revocation);
        else if (Dialect.UserInfo is { } userInfo && address == userInfo.Url)
            await TellUserAsync(context, userInfo);
        else if (address == Dialect.Api)
            await CallAsync(context);
        else
        {
            Violations.Add($"{context.Request.Method} {address} is no address of the provider");
            context.Response.StatusCode = 404;
        }
    }

    private async Task TellUserAsync(HttpContext context, UserInfoPart userInfo)
    {
        Require(context.Request.Method == (userInfo.Format is null ? "GET" : "POST"), "the user info is read by GET, or by POST where a body is documented");
        if (userInfo.Format is { } format)
            RequireFields(await DialectTokens.ReadAsync(context.Request, format, this), userInfo.Fields);
        Require(HasBearer(context.Request), "the user info needs the access token as Bearer");
        RequireHeaders(context.Request, userInfo.Headers);
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(userInfo.Body.GetRawText());
    }

    private async Task CallAsync(HttpContext context)
    {
        Require(HasBearer(context.Request), "the API needs the current access token as Bearer");
        ApiCalls++;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("{}");
    }

    private async Task RevokeAsync(HttpContext context, RevocationPart revocation)
    {
        Require(context.Request.Method == revocation.Method, $"revocation is a {revocation.Method}");
        IReadOnlyDictionary<string, string> fields = await DialectTokens.ReadAsync(context.Request, revocation.Format, this);
        if (revocation.Auth == "bearer")
            Require(HasBearer(context.Request), "revocation needs the access token as Bearer");
        else
            RequireClient(context.Request, fields, revocation.Auth);
        if (revocation.Parameter is { } parameter)
            Require(fields.GetValueOrDefault(parameter) == (revocation.Token == "refresh" ? _tokens.Refresh : _tokens.Access), $"revocation needs the {revocation.Token} token as {parameter}");
        RequireFields(fields, revocation.Fields);
        Revocations++;
        context.Response.StatusCode = revocation.Status;
        if (revocation.Body is not { } body)
            return;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.GetRawText());
    }

    private bool HasBearer(HttpRequest request) =>
        AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out AuthenticationHeaderValue? header) && header is { Scheme: "Bearer" } && header.Parameter == _tokens.Access;
}
