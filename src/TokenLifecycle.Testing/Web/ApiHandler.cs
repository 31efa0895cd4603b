using System.Globalization;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing.Dialects;
using TokenLifecycle.Testing.Grants;

namespace TokenLifecycle.Testing.Web;

/// <summary>The protected API: the provider's own addresses, and three that every dialect has, for tests of a client's handler.</summary>
internal sealed class ApiHandler(ServerContext server)
{
    public const string EchoPath = "/api/echo";
    public const string RedirectPath = "/api/redirect";
    public const string ForbiddenPath = "/api/forbidden";

    public Reply Handle(RecordedRequest request)
    {
        string? value = Bearer.Of(request);
        AccessRecord? token = value is null ? null : server.Book.FindLiveAccess(value);
        Reply reply = Answer(request, value, token);
        server.Log.Add(new ApiCallEntry
        {
            Time = server.Now,
            Method = request.Method,
            Path = request.Path,
            User = token?.Grant.User?.Name,
            TokenFingerprint = value is null ? null : TokenFingerprint.Of(value),
            Status = reply.Status,
            Accepted = token is not null,
        });
        return reply;
    }

    private Reply Answer(RecordedRequest request, string? value, AccessRecord? token)
    {
        Parameters query = Parameters.Parse(request.Query);
        if (query.HasSecrets) return Reply.Json(400, JsonText.Error("invalid_request", "Secrets do not belong into the query."));
        if (request.Path == RedirectPath && query["to"] is { } target)
            return Reply.Redirect(target, int.Parse(query["status"] ?? "302", CultureInfo.InvariantCulture));
        if (token is null) return server.Dialect.Unauthorized(value is not null);

        return request.Path switch
        {
            EchoPath => Reply.Json(200, JsonText.Write([("user", token.Grant.User?.Name), ("method", request.Method), ("length", request.BodyBytes.Length)])),
            ForbiddenPath => server.Dialect.MissingScope(query["scope"] ?? "other"),
            _ => server.Dialect.Api(request.Method, request.Path, token) ?? Reply.Empty(404),
        };
    }
}
