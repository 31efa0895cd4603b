using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Importing;

/// <summary>
/// Moves the connections of another system into the store. Calls no provider, never overwrites a connection, and can be run again at any
/// time: what is in the store already is left alone. A singleton; get it from the app's services after <c>AddTokenLifecycle()</c>.
/// </summary>
public sealed class TokenImporter
{
    private static readonly TimeSpan LongestSpread = TimeSpan.FromDays(1);

    private readonly StoreAccess _store;
    private readonly PendingSaveQueue _persistence;
    private readonly ConnectionEvaluator _book;
    private readonly RefreshSchedule _plan;
    private readonly ImportJudge _judge;
    private readonly TimeProvider _time;
    private readonly ILogger<ITokenManager> _logger;

    internal TokenImporter(
        StoreAccess store, PendingSaveQueue persistence, ProviderRegistry providers, ConnectionEvaluator book, RefreshSchedule plan, TimeProvider time, ILogger<ITokenManager> logger)
    {
        _store = store;
        _persistence = persistence;
        _book = book;
        _plan = plan;
        _judge = new ImportJudge(providers, time);
        _time = time;
        _logger = logger;
    }

    /// <summary>
    /// Reads all rows, validates them, and then writes the valid ones one by one. An invalid row is refused and reported, and never causes
    /// an exception.
    /// A failure of the store ends the import: see <see cref="ImportReport.Failure"/>.
    /// </summary>
    /// <param name="rows">The rows; all of them are held in memory, as the same connection or refresh token may turn up twice.</param>
    /// <param name="options">How; <see langword="null"/> for a dry run.</param>
    /// <param name="cancellationToken">Ends the import between two rows.</param>
    /// <returns>What became of each row.</returns>
    /// <exception cref="ProviderConfigurationException">The settings of a provider that a row names are wrong. Nothing was
    /// written.</exception>
    /// <exception cref="InvalidOperationException">The mapping of the rows does not fit their table. Nothing was written.</exception>
    public async Task<ImportReport> ImportAsync(IAsyncEnumerable<ImportRow> rows, ImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        options ??= new ImportOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.RefreshSpread, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.RefreshSpread, LongestSpread, nameof(options));

        var candidates = new List<ImportCandidate>();
        await foreach (ImportRow row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
            candidates.Add(_judge.Judge(row, candidates.Count + 1));
        ImportRivals.Judge(candidates);

        ImportReport report = await StoreAsync(candidates, options, cancellationToken).ConfigureAwait(false);
        Log.Imported(_logger, report.Failure, report.IsDryRun, report.Imported.Count, report.Refused.Count, report.NotReached);
        return report;
    }

    private async Task<ImportReport> StoreAsync(List<ImportCandidate> candidates, ImportOptions options, CancellationToken cancellationToken)
    {
        var imported = new List<ImportedConnection>();
        Exception? failure = null;
        if (!options.DryRun)
            await _store.MeasureClockAsync().ConfigureAwait(false);
        foreach (ImportCandidate candidate in candidates.Where(static candidate => candidate.IsGood))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await StoreAsync(candidate, options).ConfigureAwait(false);
            }
            catch (UnreadableTokenException)
            {
                candidate.Refuse(ImportRefusalReason.StoredRowUnreadable, $"{candidate.Key} is in the store but cannot be read, and was left unchanged. Restore the key that protects it, or disconnect it first.");
            }
            catch (Exception stopped)
            {
                failure = stopped; // Logged by StoreAccess. A repeated import continues from here.
                break;
            }

            if (candidate.IsGood)
                imported.Add(new ImportedConnection(candidate.Source, candidate.Key, candidate.Tokens!.ExpiresAt, candidate.Notes));
        }

        ImportRefusal[] refused = [.. candidates.Select(static candidate => candidate.Refusal).OfType<ImportRefusal>()];
        return new ImportReport(options.DryRun, imported, refused, candidates.Count - imported.Count - refused.Length, failure);
    }

    private async Task StoreAsync(ImportCandidate candidate, ImportOptions options)
    {
        bool isConnected = (_persistence.Find(candidate.Key) ?? await _store.FindAsync(candidate.Key).ConfigureAwait(false)) is not null;
        if (!isConnected && !options.DryRun)
            isConnected = !(await _store.SaveSettledAsync(RowOf(candidate, options), StoredToken.Unsaved).ConfigureAwait(false)).IsSaved;
        if (isConnected)
            candidate.Refuse(ImportRefusalReason.AlreadyConnected, $"{candidate.Key} is in the store already, and was left alone. To replace it, disconnect it first.");
    }

    private StoredToken RowOf(ImportCandidate candidate, ImportOptions options) => new()
    {
        Key = candidate.Key,
        Tokens = candidate.Tokens!,
        ReceivedAt = _time.GetUtcNow(),
        NextRefreshAt = _plan.AfterImport(candidate.Tokens!, _book.TimingOf(candidate.Tokens!, candidate.Provider!), options.RefreshSpread),
    };
}
