namespace TokenLifecycle.Providers;

/// <summary>
/// How long no refresh could be made at a provider, whatever the cause, and when that was over. As this process has seen it.
/// </summary>
internal sealed class OutageDetector(TimeProvider time)
{
    /// <summary>How many outages are remembered, so that a provider that flaps does not grow the list. The shortest goes first.</summary>
    public const int Most = 64;

    private readonly Lock _lock = new();

    /// <summary>
    /// Oldest first, each shorter than those before it: a long outage is not forgotten for a short one that follows, as when a provider
    /// flaps.
    /// </summary>
    private readonly List<(TimeSpan Length, long End)> _ended = [];

    private long? _downSince;

    /// <summary>How many outages are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _ended.Count;
        }
    }

    public void NoteDown()
    {
        lock (_lock)
            _downSince ??= time.GetTimestamp();
    }

    public void NoteUp()
    {
        lock (_lock)
        {
            if (_downSince is not { } since)
                return;

            TimeSpan length = time.GetElapsedTime(since);
            _ended.RemoveAll(outage => outage.Length <= length);
            if (_ended.Count == Most)
                _ended.RemoveAt(Most - 1);
            _ended.Add((length, time.GetTimestamp()));
            _downSince = null;
        }
    }

    /// <summary>The end of the last outage that was longer than this; null if there was none.</summary>
    public DateTimeOffset? LastEnd(TimeSpan longerThan)
    {
        lock (_lock)
        {
            int last = _ended.FindLastIndex(outage => outage.Length > longerThan);
            return last < 0 ? null : time.GetUtcNow() - time.GetElapsedTime(_ended[last].End);
        }
    }
}
