using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>New tokens that are not in the store yet.</summary>
/// <param name="row">The row with the new tokens.</param>
/// <param name="before">The row that it replaces, as it was under the lease; null if there was none or that is not known.</param>
/// <param name="attemptId">The holder of the lease, which is renewed while the save is retried; null without a lease.</param>
/// <param name="deadline">How long the store may take: as it was set when the tokens came, because reading settings can fail.</param>
/// <param name="settled">Called once with the stored row, or with what is stored instead.</param>
/// <param name="turn">Lets one try run at a time.</param>
internal sealed class PendingSave(StoredToken row, StoredToken? before, string? attemptId, TimeSpan deadline, Func<SaveResult, Task> settled, AsyncSemaphore turn)
{
    public StoredToken Row { get; } = row;

    public string? AttemptId { get; } = attemptId;

    public TimeSpan Deadline { get; } = deadline;

    public Func<SaveResult, Task> Settled { get; } = settled;

    public AsyncSemaphore Turn { get; } = turn;

    /// <summary>When the first save failed.</summary>
    public DateTimeOffset Since { get; set; }

    /// <summary>Whether the row comes from an earlier process, so that only its retired fingerprints tell what it replaces.</summary>
    public bool IsRecovered { get; init; }

    public long ExpectedVersion => before?.Version ?? StoredToken.Unsaved;

    /// <summary>Returns whether another attempt has used the refresh token, or decided something, since this one took the lease. Such an attempt leaves the version unchanged.</summary>
    public bool WasOvertaken(StoredToken current) => IsRecovered
        ? current.Intent is { Presentations: > 1 } || current.Reauthorization is not null
        : before is not null && (current.Reauthorization != before.Reauthorization
            || (current.Intent?.Presentations ?? 0) > (before.Intent?.Presentations ?? 0)
            || current.Failure?.At != before.Failure?.At);
}
