using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace TokenLifecycle.Tests.Providers;

/// <summary>A provider on a real socket, whose every reply a test writes down. It refuses what the test does not know.</summary>
internal sealed class DeclaredServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<DeclaredRequest> _requests = [];

    private DeclaredServer(WebApplication app) => _app = app;

    public string Origin { get; private set; } = "";

    public IReadOnlyList<DeclaredRequest> Requests => _requests;

    /// <summary>The provider's clock as its Date header tells it; null for none.</summary>
    public DateTimeOffset? Now { get; set; }

    public static async Task<DeclaredServer> StartAsync(Func<DeclaredRequest, DeclaredReply?> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.AddServerHeader = false;
        });
        WebApplication app = builder.Build();
        var server = new DeclaredServer(app);
        app.Run(async context =>
        {
            DeclaredRequest request = await DeclaredRequest.ReadAsync(context.Request);
            server._requests.Add(request);
            DeclaredReply reply = answer(request) ?? new DeclaredReply("""{"error":"invalid_request"}""", 400);
            context.Response.StatusCode = reply.Status;
            context.Response.ContentType = reply.Type;
            if (server.Now is { } now)
                context.Response.Headers.Date = now.ToString("r");
            if (reply.Status != 204)
                await context.Response.WriteAsync(reply.Body, Encoding.UTF8);
        });
        await app.StartAsync();
        server.Origin = app.Urls.Single();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

/// <summary>What the server answers.</summary>
internal sealed record DeclaredReply(string Body, int Status = 200, string? Type = "application/json");

/// <summary>A request as it arrived.</summary>
internal sealed record DeclaredRequest(string Line, string? Authorization, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Body, string? Type)
{
    public static async Task<DeclaredRequest> ReadAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        string text = await reader.ReadToEndAsync();
        return new DeclaredRequest(
            $"{request.Method} {request.Path}", Single(request.Headers.Authorization), Flat(QueryHelpers.ParseQuery(request.QueryString.Value)), BodyOf(request.ContentType, text), request.ContentType);
    }

    public string Basic => Encoding.UTF8.GetString(Convert.FromBase64String(Authorization!["Basic ".Length..]));

    private static Dictionary<string, string> BodyOf(string? type, string text) => type switch
    {
        "application/json" => JsonDocument.Parse(text).RootElement.EnumerateObject().ToDictionary(static member => member.Name, static member => member.Value.ToString(), StringComparer.Ordinal),
        "application/x-www-form-urlencoded" => Flat(QueryHelpers.ParseQuery(text)),
        _ => text.Length == 0 ? [] : throw new InvalidOperationException("A body of an unknown type"),
    };

    // A parameter that is sent twice shows as two values (XP-1).
    private static Dictionary<string, string> Flat(Dictionary<string, StringValues> values) =>
        values.ToDictionary(static pair => pair.Key, static pair => string.Join(" AND ", pair.Value.AsEnumerable()), StringComparer.Ordinal);

    private static string? Single(StringValues values) => values.Count == 0 ? null : values.Single();
}
