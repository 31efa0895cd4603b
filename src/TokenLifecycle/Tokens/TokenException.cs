namespace TokenLifecycle;

/// <summary>There is no usable token. Three kinds, because there are three people who can mend it: the user, time, and the operator.</summary>
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
