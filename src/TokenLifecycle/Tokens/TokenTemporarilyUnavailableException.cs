namespace TokenLifecycle;

/// <summary>
/// Thrown when no valid token is available at this moment. The connection is unchanged; retry after <see cref="RetryAfter"/>.
/// </summary>
public sealed class TokenTemporarilyUnavailableException : TokenException
{
    /// <summary>Says that no token can be had now.</summary>
    /// <param name="key">Whose token.</param>
    /// <param name="kind">What is in the way.</param>
    /// <param name="retryAfter">How long to wait before the next attempt.</param>
    /// <param name="innerException">The technical cause, if there is one.</param>
    public TokenTemporarilyUnavailableException(TokenKey key, TokenFailureKind kind, TimeSpan retryAfter, Exception? innerException = null)
        : base(Describe(key, kind, retryAfter), key, key.Provider, innerException)
    {
        Kind = kind;
        RetryAfter = retryAfter;
    }

    /// <summary>What is in the way.</summary>
    public TokenFailureKind Kind { get; }

    /// <summary>How long to wait before the next attempt. Attempts before that reach no provider.</summary>
    public TimeSpan RetryAfter { get; }

    private static string Describe(TokenKey key, TokenFailureKind kind, TimeSpan retryAfter)
    {
        string what = kind switch
        {
            TokenFailureKind.Network => "the provider could not be reached",
            TokenFailureKind.NoAnswer => "the provider did not answer in time",
            TokenFailureKind.ProviderUnavailable => "the provider says it cannot serve now",
            TokenFailureKind.RateLimited => "the provider asked for fewer calls",
            TokenFailureKind.ProtocolError => "the provider's answer was not a valid token response",
            TokenFailureKind.ExpiredTokenReturned => "the provider returned a token that had already expired",
            TokenFailureKind.StoreUnavailable => "the token store could not be read or written; look at its connection and at the inner exception",
            TokenFailureKind.Stopping => "this process is shutting down and begins no more refreshes",
            TokenFailureKind.LeaseUnavailable => "another process has been refreshing this connection and has not finished",
            TokenFailureKind.Unreadable => "the stored row cannot be read; restore the key it was protected with",
            TokenFailureKind.GrantRejected => "the provider rejected the grant, but the cause may be the client and not this connection, because no other connection was refreshed in between; if this persists, check the provider's status and the client's settings",
            _ => "the provider refused without saying that the grant is dead",
        };
        return $"{key.ToRedactedString()}: no valid access token now: {what}. Try again in {Math.Ceiling(retryAfter.TotalSeconds):0} s. The connection is unchanged.";
    }
}
