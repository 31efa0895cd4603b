using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Every statement that EF sends: each is one round trip.</summary>
internal sealed class CommandLog : DbCommandInterceptor
{
    public ConcurrentQueue<string> Statements { get; } = new();

    /// <summary>Called with each statement just before it is sent.</summary>
    public Action<string>? Sending { get; set; }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) => Noted(command, result);

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) => Noted(command, result);

    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default) => Noted(command, result);

    private ValueTask<T> Noted<T>(DbCommand command, T result)
    {
        Statements.Enqueue(command.CommandText);
        Sending?.Invoke(command.CommandText);
        return ValueTask.FromResult(result);
    }
}
