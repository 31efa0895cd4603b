namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Notices when a refusal that may mean a dead grant is more likely the client's: some providers answer a withdrawn grant and a wrong secret alike. A success
/// of any connection proves the client; until there is one, many connections refused this way end none of them (C10, law 6).
/// </summary>
internal sealed class SuspicionGuard
{
    /// <summary>As many as it takes to call rejections by name a mass: see <c>docs/adr/0006</c>.</summary>
    private const int FewestSuspects = 5;

    private readonly Lock _lock = new();
    private readonly HashSet<TokenKey> _suspects = [];
    private bool _told;

    /// <summary>Whether a verdict is being held back.</summary>
    public bool IsHolding
    {
        get
        {
            lock (_lock)
                return _told;
        }
    }

    /// <summary>A connection was refused, and it is not clear whether its grant or the client is at fault.</summary>
    public void Note(TokenKey key)
    {
        lock (_lock)
            _suspects.Add(key);
    }

    /// <summary>A connection was refreshed: the client is good.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _suspects.Clear();
            _told = false;
        }
    }

    /// <summary>Asked when a verdict is due.</summary>
    /// <returns>Whether it must be held back, whether that is news, and how many connections have been refused since the last success.</returns>
    public (bool Hold, bool Began, int Suspects) Judge()
    {
        lock (_lock)
        {
            bool hold = _suspects.Count > FewestSuspects;
            bool began = hold && !_told;
            _told |= hold;
            return (hold, began, _suspects.Count);
        }
    }
}
