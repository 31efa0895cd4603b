using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.EntityFramework.Schema;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework;

/// <summary>
/// Keeps connections in a table of the app's own database. Every operation has its own context, so it takes no part in what the caller is
/// about to save or to roll back, and holds nothing when it returns.
/// </summary>
internal sealed class EntityFrameworkTokenStore<TContext>(IServiceScopeFactory scopes, TimeProvider clock, DatabaseEngines engines)
    : ISearchableTokenStore, ITokenStoreCheck, ITokenStoreStatistics
    where TContext : DbContext
{
    private readonly SchemaGate _gate = new(clock, engines, ExpectedTable.OfConnections);
    private readonly ScopedContext<TContext> _contexts = new(scopes);

    // Known when there was a context: an app may have several engines, one for each of its tenants.
    private volatile bool _hasNonBlocking;
    private volatile bool _hasBlocking;

    /// <summary>
    /// Npgsql only waits asynchronously; other drivers may do nothing asynchronously (SQLite's). A transaction may be bound to the caller's
    /// thread.
    /// </summary>
    public bool ReadsWithoutBlocking => _hasNonBlocking && !_hasBlocking && Transaction.Current is null;

    /// <inheritdoc/>
    public Task<DateTimeOffset?> ReadClockAsync(CancellationToken cancellationToken) =>
        RunAsync(static () => "The clock of the database could not be read", (rows, session) => rows.ReadClockAsync(session, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) => RunAsync(
        () => $"{key.ToRedactedString()} could not be read",
        (_, session) => session.FindTokenAsync(key, cancellationToken),
        (session, rows) => session.RowOf(key, rows) is { } row ? RowMapper.ToToken(key, row) : null,
        cancellationToken);

    /// <inheritdoc/>
    public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        return RunAsync(
            () => $"The refresh of {key.ToRedactedString()} could not be begun", (rows, session) => rows.BeginRefreshAsync(session, key, attemptId, leaseDuration, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentNullException.ThrowIfNull(ending);
        return RunAsync(
            () => $"The end of the refresh of {key.ToRedactedString()} could not be recorded", (rows, session) => rows.CompleteRefreshAsync(session, key, attemptId, version, ending, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="UnreadableTokenException">The stored row cannot be read, and so is not replaced.</exception>
    public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(token);
        return RunAsync(() => $"{token.Key.ToRedactedString()} could not be saved", (rows, session) => rows.SaveAsync(session, token, expectedVersion, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) =>
        RunAsync(() => $"{key.ToRedactedString()} could not be deleted", (rows, session) => rows.DeleteAsync(session, key, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        return RunAsync(
            () => $"The due connections of {provider} could not be acquired",
            (rows, session) => rows.ClaimDueAsync(session, provider, attemptId, limit, leaseDuration, cancellationToken),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentException.ThrowIfNullOrEmpty(accountId);
        return RunAsync(
            () => $"The connections of an account of {provider} could not be read", (rows, session) => RowLists.OfAccountAsync(rows, session, provider, accountId, tenant, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return RunAsync(
            () => $"The connections of {provider} could not be read", (rows, session) => RowLists.PageAsync(rows, session, provider, after, limit, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ConnectionCount>> CountAsync(CancellationToken cancellationToken) =>
        RunAsync(static () => "The connections could not be counted", (_, session) => RowLists.CountAsync(session, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(CancellationToken cancellationToken) =>
        _contexts.RunAsync(context => _gate.CheckAsync(context, cancellationToken), cancellationToken);

    private Task<T> RunAsync<T>(Func<string> failure, Func<ITokenRows, RowSession, Task<T>> step, CancellationToken cancellationToken) =>
        RunAsync(failure, step, static (_, result) => result, cancellationToken);

    // The failure is what an error says could not be done, and for which connection; it becomes text only then. As few asynchronous methods
    // around one another as possible: each of them costs time where a token has to be read.
    private Task<T> RunAsync<TRead, T>(
        Func<string> failure, Func<ITokenRows, RowSession, Task<TRead>> step, Func<RowSession, TRead, T> told, CancellationToken cancellationToken) => _contexts.RunAsync(
        context =>
        {
            RowSession session = null!; // Made behind the gate, which knows what to say of a model that is malformed.
            return _gate.RunAsync(
                context,
                engine => step(RowsOf(engine), session = new RowSession(context, engine)),
                read => told(session, read),
                (engine, e) => engine.Explain(e, TokenTable.Of(context).Name) is { } explanation ? $"{failure()}: {explanation}" : null,
                cancellationToken);
        },
        cancellationToken);

    private ITokenRows RowsOf(DatabaseEngine engine)
    {
        if (engine.ReadsWithoutBlocking && !_hasNonBlocking)
            _hasNonBlocking = true;
        if (!engine.ReadsWithoutBlocking && !_hasBlocking)
            _hasBlocking = true;
        return engine.Rows;
    }
}
