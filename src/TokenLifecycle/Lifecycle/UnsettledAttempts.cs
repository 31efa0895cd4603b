using System.Collections.Concurrent;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Remembers attempts for which the store's answer was lost, so that this process may hold a lease without knowing it. The next attempt at the same connection
/// uses the same id: the store then renews the lease instead of keeping this process out until it expires.
/// </summary>
internal sealed class UnsettledAttempts(WorkScheduler work, TimeProvider time)
{
    /// <summary>An id is of no use once its lease has surely expired. Leases last a day at most.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private const int Most = 10_000;

    private readonly ConcurrentDictionary<TokenKey, Unsettled> _attempts = new();

    /// <summary>Remembers an attempt.</summary>
    /// <param name="key">The connection.</param>
    /// <param name="attemptId">The id that may hold its lease.</param>
    /// <param name="wasSent">Whether its refresh token was sent without a certain answer.</param>
    public void Add(TokenKey key, string attemptId, bool wasSent)
    {
        if (_attempts.Count >= Most)
            DropExpired();
        if (_attempts.Count < Most)
            _attempts[key] = new Unsettled(attemptId, wasSent, time.GetTimestamp());
    }

    /// <summary>Returns the id to begin the next attempt with, and whether that id has sent the refresh token before.</summary>
    public (string AttemptId, bool WasSent) Next(TokenKey key) =>
        _attempts.TryRemove(key, out Unsettled? unsettled) && time.GetElapsedTime(unsettled.At) < Kept
            ? (unsettled.AttemptId, unsettled.WasSent)
            : (work.NewId(), false);

    private void DropExpired()
    {
        foreach ((TokenKey key, Unsettled unsettled) in _attempts)
        {
            if (time.GetElapsedTime(unsettled.At) >= Kept)
                _attempts.TryRemove(KeyValuePair.Create(key, unsettled));
        }
    }

    private sealed record Unsettled(string AttemptId, bool WasSent, long At);
}
