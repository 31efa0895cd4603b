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

    /// <summary>Whether verdicts are being held back.</summary>
    public bool IsHolding { get; private set; }

    /// <summary>Notes the outcome of a refresh.</summary>
    /// <returns>Whether a rejection must be held back, whether holding began with it, and the figures.</returns>
    public (bool Hold, bool Began, int Rejected, int Total) Note(TokenKey key, bool rejected)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            foreach ((TokenKey old, (long at, _)) in _latest)
            {
                if (time.GetElapsedTime(at, now) > Window)
                    _latest.Remove(old);
            }

            _latest[key] = (now, rejected);
            int total = _latest.Count;
            int rejections = _latest.Values.Count(latest => latest.Rejected);
            bool hold = rejections > FewestRejections && rejections > total * HeldAbove;
            bool began = hold && !IsHolding;
            IsHolding = hold;
            return (hold && rejected, began, rejections, total);
        }
    }
}
