using System.Text;

namespace TokenLifecycle.Testing.Web;

/// <summary>What a handler answers; a fault may still change it before it goes out.</summary>
internal sealed record Reply(int Status, string ContentType, string Body)
{
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public static Reply Json(int status, string body) => new(status, "application/json; charset=utf-8", body);

    public static Reply Html(int status, string body) => new(status, "text/html; charset=utf-8", body);

    public static Reply Empty(int status) => new(status, "", "");

    public static Reply Redirect(string location, int status = 302) => Empty(status).With("Location", location);

    public Reply With(string name, string value) => this with { Headers = [.. Headers, (name, value)] };

    public byte[] BodyBytes() => Encoding.UTF8.GetBytes(Body);

    public override string ToString() => $"{Status} {ContentType}";
}
