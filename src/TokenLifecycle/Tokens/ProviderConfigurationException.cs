namespace TokenLifecycle;

/// <summary>
/// Thrown when the settings are wrong. The operator has to correct them. No user has to do anything, and no connection was changed.
/// </summary>
public sealed class ProviderConfigurationException : TokenException
{
    /// <summary>Says what has to be corrected.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="reason">What kind of mistake it is.</param>
    /// <param name="message">What happened, and the exact thing to do.</param>
    /// <param name="key">Whose token was asked for, if it was one user's.</param>
    /// <param name="innerException">The technical cause, if there is one.</param>
    public ProviderConfigurationException(string provider, ProviderConfigurationReason reason, string message, TokenKey? key = null, Exception? innerException = null)
        : base(message, key, provider, innerException)
    {
        Reason = reason;
    }

    /// <summary>What kind of mistake it is.</summary>
    public ProviderConfigurationReason Reason { get; }
}
