namespace TokenLifecycle.Storage;

/// <summary>Which values of a row are secret, and their way through the protector.</summary>
internal sealed class SecretFields(ITokenProtector protector)
{
    private const string AccessToken = "access_token";
    private const string RefreshToken = "refresh_token";
    private const string Captured = "captured.";

    public StoredToken Protect(StoredToken row) => Through(row, protector.Protect);

    /// <exception cref="UnreadableTokenException">A value cannot be decrypted.</exception>
    public StoredToken? Unprotect(StoredToken? row) => row is null ? null : Through(row, protector.Unprotect);

    private static StoredToken Through(StoredToken row, Func<TokenKey, string, string, string> pass)
    {
        TokenSet tokens = row.Tokens;
        return row with
        {
            Tokens = tokens with
            {
                AccessToken = pass(row.Key, AccessToken, tokens.AccessToken),
                RefreshToken = tokens.RefreshToken is { } refreshToken ? pass(row.Key, RefreshToken, refreshToken) : null,
                // A provider's response may contain anything, for example an ID token.
                Captured = tokens.Captured.Count == 0 ? tokens.Captured : tokens.Captured.ToDictionary(
                    static entry => entry.Key, entry => pass(row.Key, Captured + entry.Key, entry.Value), StringComparer.Ordinal),
            },
        };
    }
}
