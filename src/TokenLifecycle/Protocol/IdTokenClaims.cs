using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Reads an ID token that came straight from the token endpoint. TLS to that endpoint replaces the check of the signature
/// (OpenID Connect Core section 3.1.3.7, point 6); who issued it, for whom, when and for which request is checked all the same (CB-11).
/// </summary>
internal static class IdTokenClaims
{
    private const int MaxLength = 32 * 1024;
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Oldest = TimeSpan.FromHours(1);

    // Nothing unsigned, and no unknown algorithm: a token that was not meant to be trusted is not trusted here either.
    private static readonly HashSet<string> Algorithms = new(StringComparer.Ordinal)
    {
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512",
    };

    /// <summary>
    /// The claim; null with a problem if the token is not valid for this client, null without if only the claim is missing.
    /// </summary>
    public static string? Read(string? idToken, OAuthProviderOptions options, string claim, out string? problem)
    {
        using JsonDocument? document = Part(idToken, 1);
        problem = PartyProblem(document, options);
        return problem is null ? AccountOf(document!.RootElement, options.Issuer, claim) : null;
    }

    /// <summary>Returns who issued the token, as it says.</summary>
    public static string? IssuerOf(string? idToken)
    {
        using JsonDocument? document = Part(idToken, 1);
        return document is { RootElement: { ValueKind: JsonValueKind.Object } claims } ? JsonPath.Scalar(claims, "iss") : null;
    }

    /// <summary>
    /// A subject is unique within its issuer only. Where a template accepts several issuers, what distinguishes them comes first:
    /// <c>tid.oid</c>.
    /// </summary>
    private static string? AccountOf(JsonElement claims, string? issuer, string claim)
    {
        if (TokenSetReader.AccountIdAt(claims, claim) is not { } subject || issuer is null || !IssuerTemplate.IsTemplate(issuer))
            return TokenSetReader.AccountIdAt(claims, claim);
        string account = string.Join('.', IssuerTemplate.ClaimsOf(issuer).Select(name => JsonPath.Scalar(claims, name)).Append(subject));
        return account.Length <= TokenSetReader.MaxAccountId ? account : null;
    }

    private static bool IsIssuedBy(JsonElement claims, string issuer)
    {
        string? expected = IssuerTemplate.IsTemplate(issuer) ? IssuerTemplate.Expand(issuer, name => JsonPath.Scalar(claims, name)) : issuer;
        return expected is not null && string.Equals(JsonPath.Scalar(claims, "iss"), expected, StringComparison.Ordinal);
    }

    /// <summary>
    /// What is wrong with the ID token of a request that asked for one; null if nothing is. In our own words: nothing of the token is in
    /// them.
    /// </summary>
    public static string? FindProblem(string? idToken, OAuthProviderOptions options, string nonce, DateTimeOffset now)
    {
        using JsonDocument? header = Part(idToken, 0);
        using JsonDocument? document = Part(idToken, 1);
        if (PartyProblem(document, options) is { } problem)
            return problem;
        JsonElement claims = document!.RootElement;
        if (header is not { RootElement.ValueKind: JsonValueKind.Object } || JsonPath.Scalar(header.RootElement, "alg") is not { } alg || !Algorithms.Contains(alg))
            return "The ID token is unsigned or signed in a way that is not allowed";
        if (JsonPath.Select(claims, "aud[*]").Skip(1).Any() && JsonPath.Scalar(claims, "azp") is null)
            return "The ID token is for several clients and does not say for which";
        if (string.IsNullOrEmpty(JsonPath.Scalar(claims, "sub")))
            return "The ID token does not say who the user is";
        if (SecondsAt(claims, "exp") is not { } expires || now - Skew >= expires)
            return "The ID token has expired";
        if (SecondsAt(claims, "iat") is not { } issued || issued > now + Skew || issued < now - Oldest)
            return "The ID token was not issued just now";
        // Whatever else the token says, also about nonces: it must hold this one (CVE-2026-42206, CVE-2026-114617).
        if (options.IdTokenCheck != IdTokenCheck.Nonce && !claims.TryGetProperty("nonce", out _))
            return null;
        return RandomSecret.AreEqual(nonce, JsonPath.Scalar(claims, "nonce")) ? null : "The ID token belongs to another request";
    }

    private static string? PartyProblem(JsonDocument? document, OAuthProviderOptions options)
    {
        if (document is not { RootElement: { ValueKind: JsonValueKind.Object } claims })
            return "The ID token is missing or cannot be read";
        if (options.Issuer is { } issuer && !IsIssuedBy(claims, issuer))
            return "The ID token is from another issuer";
        return IsFor(claims, options.ClientId) ? null : "The ID token is for another client";
    }

    private static bool IsFor(JsonElement claims, string clientId)
    {
        if (JsonPath.Scalar(claims, "azp") is { } party && party != clientId)
            return false;
        return JsonPath.Scalar(claims, "aud") == clientId || JsonPath.Select(claims, "aud[*]").Any(a => JsonBody.Text(a) == clientId);
    }

    private static DateTimeOffset? SecondsAt(JsonElement claims, string claim) =>
        JsonPath.Scalar(claims, claim) is { } text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and < 253402300799
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
            : null;

    private static JsonDocument? Part(string? idToken, int index)
    {
        if (idToken is not { Length: <= MaxLength })
            return null;
        string[] parts = idToken.Split('.', 4);
        return parts.Length == 3 && Base64Url.IsValid(parts[index]) ? JsonBody.Parse(Base64Url.DecodeFromUtf8(Encoding.UTF8.GetBytes(parts[index]))) : null;
    }
}
