using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>
/// Keeps tokens that could not be saved before shutdown in a local folder, encrypted, and passes them to the next process (docs/adr/0019).
/// Writes the folder like <see cref="FileTokenStore"/>: readable by its owner only, flushed, and safe against crashes.
/// </summary>
internal sealed class LocalSpill(
    string path, ITokenProtector protector, ProviderNames names, IOptionsMonitor<TokenLifecycleOptions> options, WorkScheduler work, TimeProvider time, ILogger<ITokenManager> logger)
{
    private const int PageSize = 500;

    /// <summary>
    /// The lease of a file, so that two processes that start at the same time with the same folder do not take the same file.
    /// </summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Marks a grant that was never in the store. Otherwise "there is no such row" means that the connection was disconnected since.
    /// </summary>
    private const string NeverStored = "(never stored)";

    private readonly FileTokenStore _files = new(path, time);

    /// <summary>Writes rows to the folder.</summary>
    /// <returns>How many were written.</returns>
    public async Task<int> KeepAsync(IReadOnlyList<StoredToken> rows)
    {
        int kept = 0;
        var protect = new ProtectedTokenStore(_files, protector);
        foreach (StoredToken row in rows)
        {
            try
            {
                StoredToken? older = await _files.FindAsync(row.Key, CancellationToken.None).ConfigureAwait(false);
                StoredToken marked = row.Version == StoredToken.Unsaved ? row with { RetiredFingerprints = [NeverStored, .. row.RetiredFingerprints] } : row;
                if ((await protect.SaveAsync(marked, older?.Version ?? StoredToken.Unsaved, CancellationToken.None).ConfigureAwait(false)).IsSaved)
                    kept++;
            }
            catch (Exception failure)
            {
                Log.StoreFailed(logger, failure, row.Key, "local spill");
            }
        }

        if (kept > 0)
            Log.Spilled(logger, kept, path);
        return kept;
    }

    /// <summary>
    /// Adds the tokens of the folder to the pending saves. Each file is deleted when its tokens are in the store, or when the store holds
    /// something newer.
    /// </summary>
    public async Task RecoverAsync(PendingSaveQueue persistence, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
            return;

        string attemptId = work.NewId();
        foreach (string provider in names.Names)
        {
            TokenKey? last = null;
            while (true)
            {
                IReadOnlyList<StoredConnection> page = await _files.ListAsync(provider, last, PageSize, cancellationToken).ConfigureAwait(false);
                foreach (StoredConnection connection in page)
                    await RecoverAsync(connection.Key, attemptId, persistence, cancellationToken).ConfigureAwait(false);
                if (page.Count < PageSize)
                    break;
                last = page[^1].Key;
            }
        }

        // If the store is down, the process keeps trying, and no refresh sends the refresh tokens that these tokens have replaced.
        await persistence.SettleAllAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        await persistence.WhenSettledAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RecoverAsync(TokenKey key, string attemptId, PendingSaveQueue persistence, CancellationToken cancellationToken)
    {
        RefreshClaim claim;
        try
        {
            claim = await new ProtectedTokenStore(_files, protector).BeginRefreshAsync(key, attemptId, Lease, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (unreadable is not OperationCanceledException)
        {
            Log.SpillUnreadable(logger, path, unreadable.Message);
            return;
        }

        // Also if another start holds the file: it may have crashed, and two that save the same do no harm.
        if (claim.Token is not { } row)
            return;

        bool isNewGrant = row.RetiredFingerprints.Contains(NeverStored, StringComparer.Ordinal);
        row = row with { Intent = null, RetiredFingerprints = [.. row.RetiredFingerprints.Where(static fingerprint => fingerprint != NeverStored)] };
        persistence.Recover(row, isNewGrant, options.CurrentValue.SaveTimeout, async result =>
        {
            if (result.IsSaved)
                Log.SpillSaved(logger, key);
            else
                Log.SpillSuperseded(logger, key);
            await _files.DeleteAsync(key, CancellationToken.None).ConfigureAwait(false);
        });
    }
}
