namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Notices when the grants of many connections of one provider are rejected at once (C10): that is a fault of the provider or of the client's settings,
/// not the will of all those users. While it lasts no verdict is passed.
/// </summary>
internal sealed class RejectionGuard(TimeProvider time)
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private const int FewestRejections = 5;
    private const double HeldAbove = 0.5;

    private readonly Lock _lock = new();
    private readonly Dictionary<TokenKey, (long At, bool Rejected)> _latest = [];

    /// <summary>The same outcomes in the order they came in, so that each is forgotten without a search.</summary>
    private readonly Queue<(TokenKey Key, long At)> _order = new();

    private int _rejected;
    private bool _holding;

    /// <summary>Whether verdicts are being held back.</summary>
    public bool IsHolding
    {
        get
        {
            lock (_lock)
            {
                Forget();
                return _holding && IsMass();
            }
        }
    }

    /// <summary>Notes the outcome of a refresh.</summary>
    /// <returns>Whether a rejection must be held back, whether holding began with it, and the figures.</returns>
    public (bool Hold, bool Began, int Rejected, int Total) Note(TokenKey key, bool rejected)
    {
        lock (_lock)
        {
            Forget();
            Remove(key);
            long now = time.GetTimestamp();
            _latest[key] = (now, rejected);
            _order.Enqueue((key, now));
            _rejected += rejected ? 1 : 0;

            bool hold = IsMass();
            bool began = hold && !_holding;
            _holding = hold;
            return (hold && rejected, began, _rejected, _latest.Count);
        }
    }

    private bool IsMass() => _rejected > FewestRejections && _rejected > _latest.Count * HeldAbove;

    private void Forget()
    {
        while (_order.TryPeek(out (TokenKey Key, long At) oldest) && time.GetElapsedTime(oldest.At) > Window)
        {
            _order.Dequeue();
            if (_latest.TryGetValue(oldest.Key, out (long At, bool Rejected) latest) && latest.At == oldest.At)
                Remove(oldest.Key);
        }
    }

    private void Remove(TokenKey key)
    {
        if (_latest.Remove(key, out (long At, bool Rejected) old) && old.Rejected)
            _rejected--;
    }
}
