using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>
/// Blocks operations while the table is wrong, so that no process uses a refresh token whose successor could not be stored. A success is
/// remembered until an operation fails; a failure for a moment only, so that the gate opens automatically when the table was fixed.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="engines">Finds the engine of a context.</param>
/// <param name="expected">Which table of the model it is.</param>
internal sealed class SchemaGate(TimeProvider clock, DatabaseEngines engines, Func<DbContext, ExpectedTable> expected)
{
    /// <summary>How long a bad finding is believed.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    // One for each model: an app may have one schema for each tenant.
    private readonly ConditionalWeakTable<IModel, State> _states = [];

    /// <summary>Does an operation, if the table is in order.</summary>
    /// <param name="context">Whose database.</param>
    /// <param name="operation">Reads or writes.</param>
    /// <param name="told">What is to be made of what it read.</param>
    /// <param name="explained">The message in place of a failure that is not the table's; null for the failure itself.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    /// <exception cref="TokenStoreNotReadyException">It is not.</exception>
    public async Task<T> RunAsync<TRead, T>(
        DbContext context,
        Func<DatabaseEngine, Task<TRead>> operation,
        Func<TRead, T> told,
        Func<DatabaseEngine, Exception, string?> explained,
        CancellationToken cancellationToken)
    {
        State state = StateOf(context);
        bool isIn = state.IsOpen;
        try
        {
            if (!isIn)
                ThrowIfBlocking(await LookAsync(state, context, mayBeKnown: true, cancellationToken).ConfigureAwait(false));
            isIn = true;
            return told(await operation(state.Engine).ConfigureAwait(false));
        }
        catch (Exception failure) when (failure is not TokenStoreNotReadyException && !cancellationToken.IsCancellationRequested)
        {
            if (isIn && SchemaDoubts.AreRaisedBy(failure))
                ThrowIfBlocking(await LookAsync(state, context, mayBeKnown: false, cancellationToken).ConfigureAwait(false), failure);
            if (explained(state.Engine, failure) is { } explanation)
                throw new InvalidOperationException(explanation, failure);
            throw;
        }
    }

    /// <summary>Looks at the table, whatever is known.</summary>
    public async Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(DbContext context, CancellationToken cancellationToken) =>
        (await LookAsync(StateOf(context), context, mayBeKnown: false, cancellationToken).ConfigureAwait(false)).Problems;

    private static void ThrowIfBlocking(SchemaReport report, Exception? failure = null)
    {
        if (report.IsBlocking)
            throw new TokenStoreNotReadyException(report.Problems, failure ?? report.Cause);
    }

    private State StateOf(DbContext context)
    {
        IModel model;
        try
        {
            model = context.Model;
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException)
        {
            throw new TokenStoreNotReadyException(SchemaValidator.Malformed(context.GetType(), failure).Problems);
        }

        return _states.GetValue(model, _ => new State(engines.Of(context)));
    }

    /// <summary>One look at a time, whose result all get who want one meanwhile.</summary>
    private async Task<SchemaReport> LookAsync(State state, DbContext context, bool mayBeKnown, CancellationToken cancellationToken)
    {
        TaskCompletionSource<SchemaReport>? mine = null;
        Task<SchemaReport> look;
        lock (state.Lock)
        {
            if (mayBeKnown && state.Known is { } known && clock.GetElapsedTime(state.KnownAt) < Pause)
                return known;
            if (state.Look is null)
            {
                mine = new TaskCompletionSource<SchemaReport>(TaskCreationOptions.RunContinuationsAsynchronously);
                state.Look = mine.Task;
            }

            look = state.Look;
        }

        if (mine is null)
            return await look.WaitAsync(cancellationToken).ConfigureAwait(false);

        // With a separate context, and not canceled: other callers may wait for it too. It ends by the deadlines of the connection and its
        // commands.
        _ = look.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        try
        {
            SchemaReport report = await SchemaValidator.RunAsync(context, state.Engine, expected(context), CancellationToken.None).ConfigureAwait(false);
            End(state, report);
            mine.SetResult(report);
            return report;
        }
        catch (Exception failure)
        {
            End(state, report: null);
            mine.SetException(failure);
            throw;
        }
    }

    /// <summary>
    /// That a database cannot be reached is not remembered: it says nothing about the table, and is over when it is over.
    /// </summary>
    private void End(State state, SchemaReport? report)
    {
        lock (state.Lock)
        {
            state.Look = null;
            state.IsOpen = report is not null && (report.IsUnreachable ? state.IsOpen : !report.IsBlocking);
            state.Known = report is { IsUnreachable: false } ? report : null;
            state.KnownAt = clock.GetTimestamp();
        }
    }

    private sealed class State(DatabaseEngine engine)
    {
        private volatile bool _isOpen;

        public DatabaseEngine Engine { get; } = engine;

        public Lock Lock { get; } = new();

        public bool IsOpen { get => _isOpen; set => _isOpen = value; }

        public Task<SchemaReport>? Look { get; set; }

        public SchemaReport? Known { get; set; }

        public long KnownAt { get; set; }
    }
}
