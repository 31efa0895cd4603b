using System.Data;
using System.Data.Common;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using TokenLifecycle.EntityFramework.PostgreSql;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>
/// Repeats a statement once, at once, where the connection it ran on was broken, and for as long as its deadline allows where the database rolled it back for the sake of another one.
/// Within the app's own strategy of retries, which comes after it. Every statement of a store may run twice: what it wrote carries the attempt or the write (docs/adr/0025).
/// </summary>
internal sealed class StatementRetry(DbContext context)
{
    /// <summary>More than any crowd needs; a statement without a deadline must end too.</summary>
    private const int MostConflicts = 50;

    private const int ShortestPauseMilliseconds = 4;
    private const int LongestPauseMilliseconds = 250;

    /// <summary>Whether a statement may have run although its result says otherwise: the answer to an earlier run was lost.</summary>
    public bool MayHaveRunBefore { get; private set; }

    /// <summary>Whether the app has a strategy of retries, which does not report what it repeated.</summary>
    public bool IsRetryingOnFailure => context.Database.CreateExecutionStrategy().RetriesOnFailure;

    /// <summary>Runs a statement, by the app's strategy of retries.</summary>
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> statement, CancellationToken cancellationToken) =>
        context.Database.CreateExecutionStrategy().ExecuteAsync(cancel => RepeatedAsync(statement, cancel), cancellationToken);

    private async Task<T> RepeatedAsync<T>(Func<CancellationToken, Task<T>> statement, CancellationToken cancellationToken)
    {
        // A connection or transaction that the app opened is the app's: what it did in there cannot be repeated from here.
        bool isOutside = context.Database.CurrentTransaction is null;
        bool isOurs = isOutside && context.Database.GetDbConnection().State == ConnectionState.Closed;
        bool wasBroken = false;
        for (int conflicts = 0; ;)
        {
            try
            {
                return await statement(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (isOurs && !wasBroken && !cancellationToken.IsCancellationRequested && PostgreSqlErrors.IsConnectionBroken(failure))
            {
                // Those beside it in the pool are most likely as dead: a restart, a failover, a balancer that closes what is idle.
                wasBroken = MayHaveRunBefore = true;
                ClearPool(context.Database.GetDbConnection());
            }
            catch (Exception failure) when (isOutside && conflicts < MostConflicts && !cancellationToken.IsCancellationRequested && PostgreSqlErrors.IsRolledBackForAnother(failure))
            {
                // It did nothing. The others pass in real time, whatever clock the app has; the pause is drawn, so that a crowd does not meet again.
                int most = Math.Min(LongestPauseMilliseconds, ShortestPauseMilliseconds << Math.Min(conflicts++, 6));
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(most + 1)), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Closes what lies idle in the pool of a connection, if its provider can: whoever uses the pool opens new ones.</summary>
    public static void ClearPool(DbConnection connection) =>
        connection.GetType().GetMethod("ClearPool", BindingFlags.Public | BindingFlags.Static, [connection.GetType()])?.Invoke(obj: null, [connection]);
}
