namespace TokenLifecycle.Providers;

/// <summary>
/// Notices when the grants of many connections of one provider are rejected at once (C10): that is a fault of the provider or of the
/// client's settings, not the will of all those users. While it lasts, no connection is marked as requiring a reconnect.
/// </summary>
internal sealed class RejectionDetector(TimeProvider time)
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private const int FewestRejections = 5;
    private const double HeldAbove = 0.5;

    private readonly Lock _lock = new();
    private readonly Dictionary<TokenKey, (long At, bool Rejected)> _latest = [];

    /// <summary>The order in which outcomes leave the window, so that each costs one step however many connections there are.</summary>
    private readonly Queue<(long At, TokenKey Key)> _order = new();
    private int _rejections;

    /// <summary>Whether decisions are currently held. Over when the rejections have left the window.</summary>
    public bool IsHolding
    {
        get
        {
            lock (_lock)
            {
                DropOld(time.GetTimestamp());
                return Holds();
            }
        }
    }

    /// <summary>Notes the outcome of a refresh.</summary>
    /// <returns>Whether a rejection must be held back, whether holding began with it, and the figures.</returns>
    public (bool Hold, bool Began, int Rejected, int Total) Note(TokenKey key, bool rejected)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            DropOld(now);
            bool held = Holds();
            Count(key, -1);
            _latest[key] = (now, rejected);
            _order.Enqueue((now, key));
            Count(key, +1);
            bool holds = Holds();
            return (holds && rejected, holds && !held, _rejections, _latest.Count);
        }
    }

    private bool Holds() => _rejections > FewestRejections && _rejections > _latest.Count * HeldAbove;

    private void DropOld(long now)
    {
        while (_order.TryPeek(out (long At, TokenKey Key) oldest) && time.GetElapsedTime(oldest.At, now) > Window)
        {
            _order.Dequeue();
            if (_latest.TryGetValue(oldest.Key, out (long At, bool Rejected) latest) && latest.At == oldest.At)
            {
                Count(oldest.Key, -1);
                _latest.Remove(oldest.Key);
            }
        }
    }

    private void Count(TokenKey key, int by)
    {
        if (_latest.TryGetValue(key, out (long At, bool Rejected) latest) && latest.Rejected)
            _rejections += by;
    }
}
