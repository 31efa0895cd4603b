namespace TokenLifecycle.Protocol;

/// <summary>
/// A user's attempt to connect failed. Holds no code, state, token or text of the provider beyond its cleaned error code.
/// </summary>
public sealed class AuthorizationFailedException : Exception
{
    /// <summary>Says why connecting failed.</summary>
    /// <param name="provider">The provider's name; <see langword="null"/> if it is not known yet.</param>
    /// <param name="kind">Why.</param>
    /// <param name="detail">What exactly was wrong, in the library's own words.</param>
    /// <param name="errorCode">The provider's error code, cleaned.</param>
    public AuthorizationFailedException(string? provider, AuthorizationFailureKind kind, string? detail = null, string? errorCode = null)
        : base(Describe(provider, kind, detail, errorCode))
    {
        Provider = provider;
        Kind = kind;
        ErrorCode = errorCode;
    }

    /// <summary>The provider's name; <see langword="null"/> if a callback could not even be read.</summary>
    public string? Provider { get; }

    /// <summary>Why connecting failed.</summary>
    public AuthorizationFailureKind Kind { get; }

    /// <summary>
    /// The provider's error code (RFC 6749 sections 4.1.2.1 and 5.2), cleaned of unusual characters and capped; <see langword="null"/> if
    /// it gave none.
    /// </summary>
    public string? ErrorCode { get; }

    private static string Describe(string? provider, AuthorizationFailureKind kind, string? detail, string? errorCode)
    {
        string what = kind switch
        {
            AuthorizationFailureKind.Denied => "access was not granted. Offer the user to connect again",
            AuthorizationFailureKind.StateMismatch => "the callback does not belong to this authorization request, so no token was asked for. Start again with a new request",
            AuthorizationFailureKind.InvalidResponse => "the provider's answer is not valid. Start again with a new request",
            AuthorizationFailureKind.CodeRejected => "the provider did not accept the authorization code; codes work once and for a short time. Start again with a new request",
            AuthorizationFailureKind.ClientRejected => "the provider rejected this client. Compare ClientId, ClientSecret, the redirect address and Scopes with the provider's settings page",
            AuthorizationFailureKind.RefreshTokenMissing => "the provider gave no refresh token, so the connection would end with its first access token. Ask for offline access (Google: access_type=offline and prompt=consent), or set RefreshTokenRequired to false",
            _ => "the provider could not be reached or cannot serve now. Try again later with a new request",
        };
        return $"Connecting{(provider is null ? "" : $" to '{provider}'")} failed: {what}."
            + (detail is null ? "" : $" {detail}.") + (errorCode is null ? "" : $" The provider's error code is {errorCode}.");
    }
}
