using TokenLifecycle.Concurrency;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>New tokens that are not in the store yet.</summary>
/// <param name="row">The row with the new tokens.</param>
/// <param name="before">The row that it replaces, as read under the lease; null if there was none or it is unknown.</param>
/// <param name="attemptId">The holder of the lease, which is renewed while the save is retried; null without a lease.</param>
/// <param name="deadline">How long the store may take. Read when the tokens arrived, because reading settings later can fail.</param>
/// <param name="settled">Called once with the saved row, or with the row that is stored instead.</param>
internal sealed class PendingSave(StoredToken row, StoredToken? before, string? attemptId, TimeSpan deadline, Func<SaveResult, Task> settled)
{
    private readonly Lock _lock = new();
    private int _hasEnded;
    private int _retrying;
    private bool _isHeld;
    private Action? _idle;

    public StoredToken Row { get; } = row;

    public string? AttemptId { get; } = attemptId;

    public TimeSpan Deadline { get; } = deadline;

    public Func<SaveResult, Task> Settled { get; } = settled;

    /// <summary>When the first save failed.</summary>
    public DateTimeOffset Since { get; set; }

    /// <summary>
    /// Gets whether the row comes from an earlier process, so that only its retired fingerprints show which row it replaces.
    /// </summary>
    public bool IsRecovered { get; init; }

    /// <summary>Returns <see langword="true"/> for the first retry that succeeds.</summary>
    public bool TryEnd() => Interlocked.Exchange(ref _hasEnded, 1) == 0;

    /// <summary>Begins a retry.</summary>
    /// <returns><see langword="false"/> while retries are held back, and after one has succeeded.</returns>
    public bool TryBeginRetry()
    {
        lock (_lock)
        {
            if (_isHeld || Volatile.Read(ref _hasEnded) != 0)
                return false;
            _retrying++;
            return true;
        }
    }

    /// <summary>Ends a retry.</summary>
    public void EndRetry()
    {
        Action? idle;
        lock (_lock)
            idle = --_retrying == 0 ? Interlocked.Exchange(ref _idle, null) : null;
        idle?.Invoke();
    }

    /// <summary>Holds retries back until <see cref="Release"/>, and waits for those that are in progress.</summary>
    public Task HoldAsync(WorkScheduler work)
    {
        lock (_lock)
        {
            _isHeld = true;
            if (_retrying == 0)
                return Task.CompletedTask;
            TaskCompletionSource<bool> idle = work.CreateSource<bool>();
            _idle += () => work.Complete(idle, true);
            return idle.Task;
        }
    }

    /// <summary>Lets retries go on.</summary>
    public void Release()
    {
        lock (_lock)
            _isHeld = false;
    }

    /// <summary>Whether a user has just connected: what befell the earlier grant meanwhile says nothing of this one.</summary>
    public bool IsNewGrant { get; init; }

    public long ExpectedVersion => before?.Version ?? StoredToken.Unsaved;

    /// <summary>
    /// Returns whether another attempt has sent the refresh token, or recorded a decision, since this one took the lease. Such an attempt
    /// does not change the version.
    /// </summary>
    public bool WasOvertaken(StoredToken current) => IsRecovered
        ? current.Intent is { AttemptCount: > 1 } || current.Reauthorization is not null
        : before is not null && !IsNewGrant && (current.Reauthorization != before.Reauthorization
            || (current.Intent?.AttemptCount ?? 0) > (before.Intent?.AttemptCount ?? 0)
            || current.Failure?.At != before.Failure?.At);
}
