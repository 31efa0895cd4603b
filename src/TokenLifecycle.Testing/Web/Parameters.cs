using System.Net;
using System.Text.Json;

namespace TokenLifecycle.Testing.Web;

/// <summary>The parameters of a query or a body, each name at most once (RFC 6749 section 3.1 and 3.2).</summary>
internal sealed class Parameters
{
    private static readonly HashSet<string> SecretNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "access_token", "token", "password",
    };

    private readonly List<KeyValuePair<string, string>> _pairs;

    private Parameters(List<KeyValuePair<string, string>> pairs) => _pairs = pairs;

    public IReadOnlyList<string> Names => [.. _pairs.Select(pair => pair.Key)];

    public bool HasDuplicates => _pairs.DistinctBy(pair => pair.Key, StringComparer.Ordinal).Count() < _pairs.Count;

    public bool HasSecrets => _pairs.Exists(pair => SecretNames.Contains(pair.Key));

    /// <summary>The first value of that name; an empty one counts as none (RFC 6749 section 3.1).</summary>
    public string? this[string name] => _pairs.Find(pair => pair.Key == name).Value is { Length: > 0 } value ? value : null;

    public static Parameters Parse(string encoded) => new(
    [
        .. encoded.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(piece =>
        {
            int equals = piece.IndexOf('=', StringComparison.Ordinal);
            return equals < 0
                ? KeyValuePair.Create(WebUtility.UrlDecode(piece), "")
                : KeyValuePair.Create(WebUtility.UrlDecode(piece[..equals]), WebUtility.UrlDecode(piece[(equals + 1)..]));
        }),
    ]);

    /// <summary>The body's parameters; <see langword="null"/> if it is not of a type that is accepted, or not well formed.</summary>
    public static Parameters? OfBody(RecordedRequest request, bool acceptJson)
    {
        string type = (request.Header("Content-Type") ?? "").Split(';')[0].Trim();
        if (type.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)) return Parse(request.Body);
        if (!acceptJson || !type.Equals("application/json", StringComparison.OrdinalIgnoreCase)) return null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(request.BodyBytes);
            return new Parameters([.. json.RootElement.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, member.Value.ToString()))]);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
