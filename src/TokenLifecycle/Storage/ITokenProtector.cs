namespace TokenLifecycle.Storage;

/// <summary>
/// Encrypts what is secret in a row before a store sees it, and decrypts it afterwards. Each value is bound to its connection and its
/// field: a value that is
/// copied to another row or column must not be readable there.
/// </summary>
/// <remarks>
/// Called for every stored value, from many threads at once, and never with a request in progress. Does no I/O beyond reading its keys.
/// </remarks>
public interface ITokenProtector
{
    /// <summary>Encrypts and authenticates one value. The same value gives another text each time.</summary>
    /// <param name="key">The connection whose row contains the value.</param>
    /// <param name="field">Which field of the row, for example <c>refresh_token</c>.</param>
    /// <param name="value">The secret.</param>
    /// <returns>Text in ASCII, to be stored unchanged.</returns>
    string Protect(TokenKey key, string field, string value);

    /// <summary>Returns what was passed to <see cref="Protect"/> with the same key and field.</summary>
    /// <param name="key">The connection whose row contains the value.</param>
    /// <param name="field">Which field of the row.</param>
    /// <param name="payload">The stored text.</param>
    /// <exception cref="UnreadableTokenException">The payload was changed, belongs to another row or field, or its key is not known
    /// here.</exception>
    string Unprotect(TokenKey key, string field, string payload);
}
