namespace TokenLifecycle;

/// <summary>
/// Thrown when the user has to reconnect: there is no connection, or the provider rejected its grant. Nothing was deleted; show a connect
/// button.
/// </summary>
public sealed class ReauthorizationRequiredException : TokenException
{
    /// <summary>Says that a user has to connect (again).</summary>
    /// <param name="key">Whose connection.</param>
    /// <param name="reason">Why.</param>
    /// <param name="reconnectPath">Where, if known. The name of a connection is added to it.</param>
    public ReauthorizationRequiredException(TokenKey key, ReauthorizationReason reason, string? reconnectPath = null)
        : base(Describe(key, reason, ReconnectLink.Of(reconnectPath, key.Connection)), key, key.Provider, innerException: null)
    {
        Reason = reason;
        ReconnectPath = ReconnectLink.Of(reconnectPath, key.Connection);
    }

    /// <summary>Why the user has to connect.</summary>
    public ReauthorizationReason Reason { get; }

    /// <summary>
    /// Where the user can reconnect: the provider's <c>ReconnectPath</c> with the name of the connection, unless that is the default one;
    /// <see langword="null"/> if it is not set.
    /// </summary>
    public string? ReconnectPath { get; }

    private static string Describe(TokenKey key, ReauthorizationReason reason, string? reconnectPath)
    {
        string why = reason switch
        {
            ReauthorizationReason.NotConnected => "there is no connection yet",
            ReauthorizationReason.GrantRejected => "the provider rejected the stored grant, so access was withdrawn or has run out",
            ReauthorizationReason.LostRotation => "the answer to an earlier refresh was lost and the provider has since replaced the refresh token",
            ReauthorizationReason.InteractionRequired => "the provider wants the user to sign in or consent again",
            ReauthorizationReason.NoRefreshToken => "the access token has expired and the provider issued no refresh token",
            ReauthorizationReason.DifferentAccount => "the user authorized another account than the one that is connected; disconnect first if that is wanted",
            _ => "the provider has refused every refresh for more than a day",
        };
        string where = reconnectPath is null ? "Send the user through the provider's authorization page again" : $"Send the user to {reconnectPath}";
        return $"{key.ToRedactedString()}: {why}. {where} and save the new tokens with ITokenManager.SaveAsync. Nothing was deleted.";
    }
}
