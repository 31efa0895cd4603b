using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Makes a token set of a token response, or says what is wrong with it, without any value of it in the words.</summary>
internal static class TokenSetReader
{
    private const int MaxCaptured = 1024;
    private const int MaxAccountId = 256;

    public static TokenSet? Read(JsonElement root, TokenMembers members, TokenRequest request, TokenLifetimes lifetimes, out string? problem)
    {
        OAuthProviderOptions options = request.Options;
        string? accessToken = members["access_token"] is { } access ? JsonBody.Text(access) : null;
        string? refreshToken = members["refresh_token"] is { } refresh ? JsonBody.Text(refresh) : "";
        IReadOnlyList<string>? scopes = members["scope"] is { } scope ? ScopeList.Read(scope) : null;

        problem = string.IsNullOrEmpty(accessToken) ? "access_token is missing or is not text"
            : !TokenCharacters.IsAccessToken(accessToken)
                ? "access_token is larger than 32 KB or holds characters that no header can carry"
            : TypeProblem(members, request)
            ?? (refreshToken is null || refreshToken.Length > 0 && !TokenCharacters.IsRefreshToken(refreshToken)
                ? "refresh_token is not text, is larger than 8 KB or holds control characters"
            : scopes is null && members["scope"] is not null ? "scope is neither text nor a list of texts"
            : null);
        if (problem is not null)
            return null;

        return new TokenSet
        {
            AccessToken = accessToken!,
            RefreshToken = refreshToken!.Length > 0 ? refreshToken : CredentialOf(options, accessToken!),
            IssuedAt = request.RequestedAt,
            ExpiresAt = lifetimes.ExpiresAt,
            RefreshTokenExpiresAt = lifetimes.RefreshTokenExpiresAt ?? (IsItsOwnCredential(options) ? lifetimes.ExpiresAt : null),
            Scopes = scopes,
            AccountId = AccountId(root, options),
            Captured = CapturedAt(root, options.CapturedFields),
            Issuer = request.Issuer,
            ClientId = options.ClientId,
        };
    }

    /// <summary>An account id at a path: text, or an integer as it was written, so that no double rounds it.</summary>
    public static string? AccountIdAt(JsonElement root, string path)
    {
        JsonElement[] found = [.. JsonPath.Select(root, path).Take(2)];
        bool usable = found.Length == 1 && (found[0].ValueKind == JsonValueKind.String || found[0].ValueKind == JsonValueKind.Number && found[0].TryGetInt64(out _));
        return usable && JsonPath.Scalar(found[0]) is { Length: > 0 and <= MaxAccountId } id ? id : null;
    }

    /// <summary>Returns the members at the paths: scalars of up to a kilobyte.</summary>
    public static Dictionary<string, string> CapturedAt(JsonElement root, IEnumerable<string> paths)
    {
        var captured = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            if (JsonPath.Scalar(root, path) is { Length: <= MaxCaptured } value)
                captured[path] = value;
        }

        return captured;
    }

    /// <summary>Returns what a refresh will send if there is no refresh token: the access token, where the provider wants it.</summary>
    private static string? CredentialOf(OAuthProviderOptions options, string accessToken) =>
        IsItsOwnCredential(options) && TokenCharacters.IsRefreshToken(accessToken) ? accessToken : null;

    private static bool IsItsOwnCredential(OAuthProviderOptions options) =>
        options is { RefreshCredential: RefreshCredential.AccessToken, GrantType: OAuthGrantType.AuthorizationCode };

    // FP-8: a refresh without a type keeps the one of the connection, which was accepted when it was connected.
    private static string? TypeProblem(TokenMembers members, TokenRequest request)
    {
        OAuthProviderOptions options = request.Options;
        if (members["token_type"] is not { } member)
        {
            return request.Grant == OAuthGrantType.RefreshToken || !options.TokenTypeRequired
                ? null
                : "token_type is missing; if the provider never sends it, set TokenTypeRequired to false";
        }

        string? type = JsonBody.Text(member);
        bool isKnown = string.Equals(type, "Bearer", StringComparison.OrdinalIgnoreCase) || (type is not null && options.AcceptedTokenTypes.Contains(type, StringComparer.OrdinalIgnoreCase));
        return isKnown ? null : "token_type is not Bearer; if the API accepts such a token as a bearer token, add the type to AcceptedTokenTypes";
    }

    private static string? AccountId(JsonElement root, OAuthProviderOptions options) =>
        options.AccountIdFrom == AccountIdSource.Reply && options.AccountIdPath is { } path ? AccountIdAt(root, path) : null;
}
