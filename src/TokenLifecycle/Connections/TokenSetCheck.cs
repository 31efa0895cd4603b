using TokenLifecycle.Protocol;

namespace TokenLifecycle.Connections;

/// <summary>
/// Refuses what cannot be a token before it is stored (incident A: an athlete id stood where the access token should). Messages name the
/// member, never its value.
/// </summary>
internal static class TokenSetCheck
{
    private const int LongestAccountId = 20;

    public static void ThrowIfUnusable(TokenKey key, TokenSet tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (ProblemOf(tokens) is { } problem)
            throw new ArgumentException($"{key.ToRedactedString()}: the token set was not saved: {problem.Message}", nameof(tokens));
    }

    /// <summary>What is wrong; null if nothing.</summary>
    public static TokenSetProblem? ProblemOf(TokenSet tokens) =>
        ProblemOfAccessToken(tokens) ?? (tokens.RefreshToken is { } refresh ? ProblemOfRefreshToken(refresh) : null);

    private static TokenSetProblem? ProblemOfAccessToken(TokenSet tokens)
    {
        string access = tokens.AccessToken;
        if (string.IsNullOrEmpty(access))
            return new TokenSetProblem(TokenSetFault.NotAToken, "AccessToken is empty. Pass the access_token of the token reply.");
        if (access.Length > TokenCharacters.MaxAccessToken)
            return new TokenSetProblem(TokenSetFault.TooLong, $"AccessToken is longer than {TokenCharacters.MaxAccessToken} characters. It is refused whole rather than cut; check that it is the access_token and not a whole reply.");
        if (!TokenCharacters.IsAccessToken(access))
            return new TokenSetProblem(TokenSetFault.NotAToken, "AccessToken holds a space, quote, comma, backslash, percent sign or other character that no header can carry. Pass it as it was received, unquoted and undecoded.");
        return string.Equals(access, tokens.AccountId, StringComparison.Ordinal) || (access.Length <= LongestAccountId && access.All(char.IsAsciiDigit))
            ? new TokenSetProblem(TokenSetFault.AccountId, "AccessToken looks like an account id. Pass the access_token of the token reply, and the account id as AccountId.")
            : null;
    }

    private static TokenSetProblem? ProblemOfRefreshToken(string refresh)
    {
        if (refresh.Length > TokenCharacters.MaxRefreshToken)
            return new TokenSetProblem(TokenSetFault.TooLong, $"RefreshToken is longer than {TokenCharacters.MaxRefreshToken} characters. It is refused whole rather than cut; check that it is the refresh_token and not a whole reply.");
        return TokenCharacters.IsRefreshToken(refresh)
            ? null
            : new TokenSetProblem(TokenSetFault.NotAToken, "RefreshToken is empty or holds a character that no refresh token may hold (RFC 6749 appendix A.17). Pass it as it was received, or null if there was none.");
    }
}
