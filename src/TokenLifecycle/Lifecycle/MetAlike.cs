namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Tells one connection's trouble from the provider's: whether different connections met the same since the provider last served any. What one connection
/// meets, however often, is its own.
/// </summary>
internal sealed class MetAlike
{
    private readonly Lock _lock = new();
    private TokenKey? _first;
    private bool _isSeveral;

    /// <summary>Whether two or more different connections met it.</summary>
    public bool IsSeveral
    {
        get
        {
            lock (_lock)
                return _isSeveral;
        }
    }

    /// <summary>Notes that a connection met it.</summary>
    /// <returns>Whether two or more different connections have by now.</returns>
    public bool Note(TokenKey key)
    {
        lock (_lock)
        {
            _first ??= key;
            _isSeveral |= _first != key;
            return _isSeveral;
        }
    }

    /// <summary>Whether any other connection than this one met it.</summary>
    public bool ByOthersThan(TokenKey key)
    {
        lock (_lock)
            return _isSeveral || (_first is { } first && first != key);
    }

    /// <summary>The provider served a connection.</summary>
    public void Clear()
    {
        lock (_lock)
            (_first, _isSeveral) = (null, false);
    }
}
