using TokenLifecycle.Options;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Refuses what cannot be a token before it is stored (incident A: an athlete id stood where the access token should). Messages name the member, never its value.
/// </summary>
internal static class TokenSetCheck
{
    private const int LongestAccessToken = 32 * 1024;
    private const int LongestRefreshToken = 8 * 1024;
    private const int LongestAccountId = 20;

    public static void ThrowIfUnusable(TokenKey key, TokenSet tokens, OAuthProviderOptions provider)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        string access = tokens.AccessToken;
        Require(tokens, !string.IsNullOrEmpty(access), key, "AccessToken is empty. Pass the access_token of the token reply.");
        Require(tokens, access.Length <= LongestAccessToken, key, $"AccessToken is longer than {LongestAccessToken} characters. It is refused whole rather than cut; check that it is the access_token and not a whole reply.");
        Require(tokens, IsBearerToken(access, provider.ExtraTokenCharacters), key, "AccessToken holds a character that no bearer token may hold (RFC 6750 section 2.1). Pass it as it was received, unquoted and undecoded; a provider's own characters go into ExtraTokenCharacters.");
        Require(
            tokens,
            !string.Equals(access, tokens.AccountId, StringComparison.Ordinal) && !(access.Length <= LongestAccountId && access.All(char.IsAsciiDigit)),
            key,
            "AccessToken looks like an account id. Pass the access_token of the token reply, and the account id as AccountId.");
        Require(
            tokens,
            tokens.RefreshToken is null || (tokens.RefreshToken.Length is > 0 and <= LongestRefreshToken && tokens.RefreshToken.All(static c => c is >= ' ' and <= '~')),
            key,
            $"RefreshToken is empty, longer than {LongestRefreshToken} characters, or holds a character that no refresh token may hold (RFC 6749 appendix A.17). Pass it as it was received, or null if there was none.");
    }

    /// <summary>b64token of RFC 6750 section 2.1, with the provider's own additions.</summary>
    private static bool IsBearerToken(string token, string extra)
    {
        ReadOnlySpan<char> body = token.AsSpan().TrimEnd('=');
        foreach (char c in body)
        {
            if (!char.IsAsciiLetterOrDigit(c) && "-._~+/".IndexOf(c, StringComparison.Ordinal) < 0 && extra.IndexOf(c, StringComparison.Ordinal) < 0)
                return false;
        }

        return body.Length > 0;
    }

    private static void Require(TokenSet tokens, bool condition, TokenKey key, string message)
    {
        if (!condition)
            throw new ArgumentException($"{key}: the token set was not saved: {message}", nameof(tokens));
    }
}
