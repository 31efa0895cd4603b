using System.Collections.Concurrent;

namespace TokenLifecycle.State;

/// <summary>The connections whose rows could not be read when they were last needed, for the health check to report (F43).</summary>
internal sealed class UnreadableRows
{
    /// <summary>More than anybody would look at one by one; a lost key ring makes every row unreadable.</summary>
    private const int Most = 1000;

    private readonly ConcurrentDictionary<TokenKey, byte> _keys = new();

    public int Count => _keys.Count;

    public IEnumerable<TokenKey> Keys => _keys.Keys;

    public void Add(TokenKey key)
    {
        if (_keys.Count < Most)
            _keys[key] = 0;
    }

    public void Remove(TokenKey key)
    {
        if (!_keys.IsEmpty)
            _keys.TryRemove(key, out _);
    }
}
