using System.Data;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.Engines;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>
/// Repeats a statement once, immediately, if its connection was broken. If the database rolled it back in favor of another one, repeats it
/// until its deadline. Runs within the app's own execution strategy. Every statement of a store may run twice, because what it writes
/// carries the id of the attempt or the write (docs/adr/0025).
/// </summary>
internal sealed class StatementRetry(DbContext context, DatabaseEngine engine)
{
    /// <summary>More repetitions than any number of concurrent statements needs. A statement without a deadline must end too.</summary>
    private const int MostConflicts = 50;

    private const int ShortestPauseMilliseconds = 4;
    private const int LongestPauseMilliseconds = 250;

    /// <summary>
    /// Gets whether a statement may have run although its result says otherwise, because the result of an earlier run was lost.
    /// </summary>
    public bool MayHaveRunBefore { get; private set; }

    /// <summary>Gets whether the app has an execution strategy that retries. It does not report what it repeated.</summary>
    public bool IsRetryingOnFailure => context.Database.CreateExecutionStrategy().RetriesOnFailure;

    /// <summary>Runs a statement with the app's execution strategy.</summary>
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> statement, CancellationToken cancellationToken) =>
        context.Database.CreateExecutionStrategy().ExecuteAsync(cancel => RepeatedAsync(statement, cancel), cancellationToken);

    private async Task<T> RepeatedAsync<T>(Func<CancellationToken, Task<T>> statement, CancellationToken cancellationToken)
    {
        // A connection or transaction that the app opened belongs to the app: what it did there cannot be repeated here.
        bool isOutside = context.Database.CurrentTransaction is null;
        bool isOurs = isOutside && context.Database.GetDbConnection().State == ConnectionState.Closed;
        bool wasBroken = false;
        for (int conflicts = 0; ;)
        {
            try
            {
                return await statement(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (isOurs && !wasBroken && !cancellationToken.IsCancellationRequested && engine.IsConnectionBroken(failure))
            {
                // The other connections in the pool are most likely broken as well: a restart, a failover, a load balancer that closes idle
                // connections.
                wasBroken = MayHaveRunBefore = true;
                engine.ClearPool(context.Database.GetDbConnection());
            }
            catch (Exception failure) when (isOutside && conflicts < MostConflicts && !cancellationToken.IsCancellationRequested && engine.IsRolledBackForAnother(failure))
            {
                // The statement had no effect. Waits in real time, whatever clock the app uses. The pause is random, so that concurrent
                // statements do not collide again.
                int most = Math.Min(LongestPauseMilliseconds, ShortestPauseMilliseconds << Math.Min(conflicts++, 6));
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(most + 1)), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
