namespace TokenLifecycle;

/// <summary>
/// Thrown when no usable token is available. The derived type says who can resolve it: the user, the operator, or no one (retry later).
/// </summary>
public abstract class TokenException : Exception
{
    private protected TokenException(string message, TokenKey? key, string provider, Exception? innerException)
        : base(message, innerException)
    {
        Key = key;
        Provider = provider;
    }

    /// <summary>Whose token; <see langword="null"/> if the failure concerns the provider as a whole.</summary>
    public TokenKey? Key { get; }

    /// <summary>The provider's name.</summary>
    public string Provider { get; }
}
