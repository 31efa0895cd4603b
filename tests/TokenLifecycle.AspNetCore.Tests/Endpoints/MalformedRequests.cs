using System.Text;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>Makes requests that nobody means: any bytes anywhere, from a fixed seed.</summary>
internal sealed class MalformedRequests(Random random, string cookies, string token)
{
    private static readonly string[] Paths =
        ["/connections", "/connections/acme/connect", "/connections/acme/callback", "/connections/acme/result", "/connections/acme/disconnect", "/connections/acme/refresh", "/connections/%61cme/connect", "/connections/{0}/connect", "/connections/{0}/callback"];

    private static readonly string[] Names = ["code", "state", "iss", "error", "error_description", "scope", "returnUrl", "connection", "attempt", "access_token", "__RequestVerificationToken", "tokenlifecycle_form", "", "code[]", "a%00b"];
    private static readonly string[] Types = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain", "application/x-www-form-urlencoded; charset=nonsense", "\u00ff"];
    private static readonly string[] Pieces = ["%", "%zz", "%00", "%ff%fe", "%ed%a0%80", "+", "&", "=", ";", "'", "\"", "<", "\\", "..", "//", "%0d%0a", "null", "NaN", "-1", "9999999999999999999999", "{", "[", "%u0041", "\u00ff", "a", "%F0%9F%92%A9"];

    public byte[] Next()
    {
        string path = string.Format(System.Globalization.CultureInfo.InvariantCulture, Paths[random.Next(Paths.Length)], Junk(3).Replace(" ", "", StringComparison.Ordinal));
        string query = random.Next(3) == 0 ? "" : "?" + Fields();
        bool isPost = random.Next(3) == 0;
        string method = isPost ? "POST" : random.Next(20) == 0 ? Junk(1) : random.Next(20) == 0 ? "DELETE" : "GET";
        var text = new StringBuilder($"{method} {path}{query} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n");
        text.Append("Cookie: ").Append(random.Next(4) == 0 ? Fields() : cookies);
        text.Append(random.Next(4) == 0 ? "; __Host-TokenLifecycle.Browser=" + Junk(4).Replace(";", "", StringComparison.Ordinal) : "").Append("\r\n");
        if (random.Next(2) == 0)
            text.Append("Accept: ").Append(random.Next(2) == 0 ? "text/html" : Junk(2)).Append("\r\n");
        if (random.Next(8) == 0)
            text.Append("RequestVerificationToken: ").Append(random.Next(2) == 0 ? token : Junk(3)).Append("\r\n");
        string body = isPost ? Fields() : "";
        if (isPost)
            text.Append("Content-Type: ").Append(random.Next(2) == 0 ? Types[0] : Types[random.Next(Types.Length)]).Append("\r\nContent-Length: ").Append(body.Length).Append("\r\n");
        return Encoding.Latin1.GetBytes(text.Append("\r\n").Append(body).ToString());
    }

    private string Fields() => string.Join('&', Enumerable.Range(0, random.Next(0, 6)).Select(_ => $"{Names[random.Next(Names.Length)]}={Value()}"));

    private string Value() => random.Next(10) switch
    {
        0 => new string('a', random.Next(1, 7000)),
        1 => new string('a', 43),
        2 => token,
        _ => Junk(8),
    };

    private string Junk(int most) => string.Concat(Enumerable.Range(0, random.Next(1, most + 1)).Select(_ => Pieces[random.Next(Pieces.Length)]));
}
