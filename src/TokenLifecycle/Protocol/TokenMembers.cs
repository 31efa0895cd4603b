using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>The members of a token response that have a meaning. All others are ignored (RFC 6749 section 5.1).</summary>
internal sealed class TokenMembers
{
    /// <summary>How long the refresh token may stay unused (draft-ietf-oauth-refresh-token-expiration).</summary>
    public const string RefreshTokenTimeout = "refresh_token_timeout";

    /// <summary>How long the user's authorization is valid, however often it is used (same draft).</summary>
    public const string AuthorizationExpiresIn = "authorization_expires_in";

    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);

    private TokenMembers()
    {
    }

    /// <summary>The value; null if it is missing or the JSON null.</summary>
    public JsonElement? this[string name] =>
        _values.TryGetValue(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>
    /// The members; null if one with a meaning is there twice, be it escaped or in other case: no parser's whim decides which one counts
    /// (TE-7).
    /// </summary>
    public static TokenMembers? Find(JsonElement root, OAuthProviderOptions options)
    {
        HashSet<string> known = new(StringComparer.OrdinalIgnoreCase)
        {
            "access_token", "token_type", "refresh_token", "scope", "error", "id_token",
            options.ExpiresInField, options.ExpiresAtField, options.RefreshTokenExpiresInField, options.RefreshTokenExpiresAtField,
            RefreshTokenTimeout, AuthorizationExpiresIn,
        };
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var members = new TokenMembers();
        foreach (JsonProperty member in root.EnumerateObject())
        {
            if (JsonBody.Name(member) is not { } name)
                return null;
            if (!known.Contains(name))
                continue;
            if (!seen.Add(name))
                return null;
            members._values[name] = member.Value;
        }

        return members;
    }
}
