using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Counts transactions: each would cost round trips, and could be held.</summary>
internal sealed class TransactionLog : DbTransactionInterceptor
{
    private int _started;

    public int Started => _started;

    public override ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _started);
        return ValueTask.FromResult(result);
    }
}
