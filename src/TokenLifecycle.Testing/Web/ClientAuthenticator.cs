using System.Net;
using System.Text;
using TokenLifecycle.Options;
using TokenLifecycle.Testing.Grants;

namespace TokenLifecycle.Testing.Web;

/// <summary>Reads and checks the client's authentication: exactly one way (RFC 6749 section 2.3).</summary>
internal sealed class ClientAuthenticator
{
    private const string Scheme = "Basic ";

    private readonly string? _id;
    private readonly string? _secret;
    private readonly bool _unreadable;

    private ClientAuthenticator(string seen, string? id, string? secret, bool unreadable = false)
    {
        (Seen, _id, _secret, _unreadable) = (seen, id, secret, unreadable);
    }

    /// <summary>What was seen, for the log: <c>body</c>, <c>basic</c>, <c>body+basic</c> or <c>none</c>.</summary>
    public string Seen { get; }

    public static ClientAuthenticator Of(RecordedRequest request, Parameters? body)
    {
        string? header = request.Header("Authorization");
        bool basic = header?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true;
        bool inBody = body?["client_secret"] is not null || body?["client_assertion"] is not null;
        if (basic && inBody) return new ClientAuthenticator("body+basic", null, null);
        if (!basic) return new ClientAuthenticator(inBody ? "body" : "none", body?["client_id"], body?["client_secret"]);

        (string? id, string? secret) = Decode(header![Scheme.Length..].Trim());
        bool otherId = body?["client_id"] is { } named && named != id;
        return new ClientAuthenticator("basic", id, secret, id is null || otherId);
    }

    /// <summary>Why the client is refused; <see langword="null"/> if it is not.</summary>
    public Refusal? Check(ServerContext server, ClientAuthenticationMethod? required)
    {
        if (Seen == "body+basic") return Refusal.SeveralClientAuthentications;
        if (_unreadable) return Refusal.WrongSecret;
        if (_id is null) return Refusal.MissingClient;
        if (_id != server.ClientId) return Refusal.UnknownClient;

        bool isPublic = server.ClientSecret.Length == 0;
        ClientAuthenticationMethod used = Seen switch
        {
            "body" => ClientAuthenticationMethod.Body,
            "basic" => ClientAuthenticationMethod.Basic,
            _ => ClientAuthenticationMethod.None,
        };
        if (used != ClientAuthenticationMethod.None && required is not null && used != required) return Refusal.ClientAuthenticationNotAllowed;
        return (_secret ?? "") == server.ClientSecret && (used == ClientAuthenticationMethod.None) == isPublic ? null : Refusal.WrongSecret;
    }

    private static (string? Id, string? Secret) Decode(string credentials)
    {
        try
        {
            string pair = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(Convert.FromBase64String(credentials));
            int colon = pair.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? default : (WebUtility.UrlDecode(pair[..colon]), WebUtility.UrlDecode(pair[(colon + 1)..]));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            return default;
        }
    }
}
