namespace TokenLifecycle.Providers;

/// <summary>
/// Distinguishes a failure of one connection from a failure of the provider: tracks whether different connections had the same failure
/// since the last successful refresh. A failure of only one connection, however often, is about that connection.
/// </summary>
internal sealed class MetAlike
{
    private readonly Lock _lock = new();
    private TokenKey? _first;
    private bool _isSeveral;

    /// <summary>Gets whether two or more different connections had the failure.</summary>
    public bool IsSeveral
    {
        get
        {
            lock (_lock)
                return _isSeveral;
        }
    }

    /// <summary>Records the failure of a connection.</summary>
    /// <returns>Whether two or more different connections have had it by now.</returns>
    public bool Note(TokenKey key)
    {
        lock (_lock)
        {
            _first ??= key;
            _isSeveral |= _first != key;
            return _isSeveral;
        }
    }

    /// <summary>Returns whether any connection other than this one had the failure.</summary>
    public bool ByOthersThan(TokenKey key)
    {
        lock (_lock)
            return _isSeveral || (_first is { } first && first != key);
    }

    /// <summary>Clears the failures after the provider refreshed a connection.</summary>
    public void Clear()
    {
        lock (_lock)
            (_first, _isSeveral) = (null, false);
    }
}
