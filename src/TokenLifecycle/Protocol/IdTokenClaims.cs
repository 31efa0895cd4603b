using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Reads one claim of an ID token that came straight from the token endpoint. TLS to that endpoint stands in for the signature
/// (OpenID Connect Core section 3.1.3.7, point 6); who issued it and for whom is checked all the same (CB-11).
/// </summary>
internal static class IdTokenClaims
{
    private const int MaxLength = 32 * 1024;

    /// <summary>The claim; null with a problem if the token is not valid for this client, null without if only the claim is missing.</summary>
    public static string? Read(string? idToken, OAuthProviderOptions options, string claim, out string? problem)
    {
        problem = null;
        using JsonDocument? document = idToken is { Length: <= MaxLength } ? Payload(idToken) : null;
        if (document is not { RootElement: { ValueKind: JsonValueKind.Object } claims })
            problem = "The ID token is missing or cannot be read";
        else if (options.Issuer is { } issuer && JsonPath.Scalar(claims, "iss") != issuer)
            problem = "The ID token is from another issuer";
        else if (!IsFor(claims, options.ClientId))
            problem = "The ID token is for another client";
        else
            return TokenSetReader.AccountIdAt(claims, claim);
        return null;
    }

    private static bool IsFor(JsonElement claims, string clientId)
    {
        if (JsonPath.Scalar(claims, "azp") is { } party && party != clientId)
            return false;
        return JsonPath.Scalar(claims, "aud") == clientId || JsonPath.Select(claims, "aud[*]").Any(a => JsonBody.Text(a) == clientId);
    }

    private static JsonDocument? Payload(string idToken)
    {
        string[] parts = idToken.Split('.', 4);
        return parts.Length == 3 && Base64Url.IsValid(parts[1]) ? JsonBody.Parse(Base64Url.DecodeFromUtf8(Encoding.UTF8.GetBytes(parts[1]))) : null;
    }
}
