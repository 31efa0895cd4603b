using System.Collections.Concurrent;
using TokenLifecycle.Storage;

namespace TokenLifecycle.TestKit;

/// <summary>A real store that a test can make fail, hang, or lose its answer, and that counts what was asked of it.</summary>
public class FaultyStore(ITokenStore inner) : ITokenStore, ITokenStoreStatistics
{
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly ConcurrentDictionary<(string Name, bool Done), TaskCompletionSource> _waiting = new();

    public ITokenStore Inner { get; } = inner;

    /// <summary>Runs before each call, by its name: throw to fail it, wait to hold it.</summary>
    public Func<string, Task>? Before { get; set; }

    /// <summary>Runs after each call was done: throw to lose its answer.</summary>
    public Func<string, Task>? After { get; set; }

    /// <summary>As the store itself does, or as a test wants it.</summary>
    public bool ReadsWithoutBlocking { get; set; } = inner.ReadsWithoutBlocking;

    public IReadOnlyCollection<string> Calls => _calls;

    public int CountOf(string name) => _calls.Count(call => call == name);

    public void Fail(params string[] names) => Before = name =>
        names.Contains(name) ? Task.FromException(new IOException("The store is down.")) : Task.CompletedTask;

    /// <summary>Ends when the next call with this name begins, or is done; fails if it never comes.</summary>
    public Task NextAsync(string name, bool done = false)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[(name, done)] = reached;
        return reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public void Recover()
    {
        Before = null;
        After = null;
    }

    /// <summary>Not counted: it is asked once in the life of a process.</summary>
    public Task<DateTimeOffset?> ReadClockAsync(CancellationToken cancellationToken) => Inner.ReadClockAsync(cancellationToken);

    public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) =>
        RunAsync("find", () => Inner.FindAsync(key, cancellationToken));

    public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        RunAsync("begin", () => Inner.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken));

    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
        RunAsync("end", () => Inner.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken));

    public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) =>
        RunAsync("save", () => Inner.SaveAsync(token, expectedVersion, cancellationToken));

    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) =>
        RunAsync("delete", () => Inner.DeleteAsync(key, cancellationToken));

    public Task<IReadOnlyList<ConnectionCount>> CountAsync(CancellationToken cancellationToken) =>
        RunAsync("count", () => ((ITokenStoreStatistics)Inner).CountAsync(cancellationToken));

    protected async Task<T> RunAsync<T>(string name, Func<Task<T>> call)
    {
        _calls.Enqueue(name);
        Reached(name, done: false);
        if (Before is { } before)
            await before(name);
        T result = await call();
        Reached(name, done: true);
        if (After is { } after)
            await after(name);
        return result;
    }

    private void Reached(string name, bool done)
    {
        if (_waiting.TryGetValue((name, done), out TaskCompletionSource? waiting))
            waiting.TrySetResult();
    }
}
