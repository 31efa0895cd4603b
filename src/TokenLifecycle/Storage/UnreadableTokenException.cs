namespace TokenLifecycle.Storage;

/// <summary>
/// A store found a row that it cannot read, for example because the key that protects it is missing. The row must be left unchanged.
/// </summary>
public sealed class UnreadableTokenException : Exception
{
    /// <summary>Says which row, and why.</summary>
    /// <param name="key">Whose row.</param>
    /// <param name="why">Why it cannot be read and what to do, without any of its content.</param>
    /// <param name="innerException">The technical cause.</param>
    public UnreadableTokenException(TokenKey key, string why, Exception? innerException = null)
        : base($"{key.ToRedactedString()}: the stored row cannot be read: {why} It was left unchanged.", innerException)
    {
        Key = key;
    }

    /// <summary>Whose row.</summary>
    public TokenKey Key { get; }
}
