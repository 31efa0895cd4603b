using System.Collections.Concurrent;
using TokenLifecycle.Concurrency;

namespace TokenLifecycle.State;

/// <summary>
/// Remembers attempts for which the store's response was lost, so that this process may hold a lease without knowing it. The next attempt
/// for the same connection uses the same id: the store then renews the lease, and this process does not have to wait until it expires.
/// </summary>
internal sealed class UnsettledAttempts(WorkScheduler work, TimeProvider time)
{
    /// <summary>How long an id is remembered. It is useless once its lease has certainly expired, and leases last a day at most.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private const int Most = 10_000;

    private readonly ConcurrentDictionary<TokenKey, Unsettled> _attempts = new();

    /// <summary>Remembers an attempt.</summary>
    /// <param name="key">The connection.</param>
    /// <param name="attemptId">The id that may hold its lease.</param>
    /// <param name="wasSent">Whether its refresh token was sent without a certain response.</param>
    public void Add(TokenKey key, string attemptId, bool wasSent)
    {
        if (_attempts.Count >= Most)
            DropExpired();
        if (_attempts.Count < Most)
            _attempts[key] = new Unsettled(attemptId, wasSent, time.GetTimestamp());
    }

    /// <summary>Returns the id for the next attempt, and whether an attempt with that id has already sent the refresh token.</summary>
    public (string AttemptId, bool WasSent, bool IsNew) Next(TokenKey key) => TryNext(key) is { } known ? (known.AttemptId, known.WasSent, IsNew: false) : (work.NewId(), WasSent: false, IsNew: true);

    /// <summary>Returns the same if an attempt is remembered; <see langword="null"/> if none is.</summary>
    public (string AttemptId, bool WasSent)? TryNext(TokenKey key) =>
        _attempts.TryRemove(key, out Unsettled? unsettled) && time.GetElapsedTime(unsettled.At) < Kept ? (unsettled.AttemptId, unsettled.WasSent) : null;

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
