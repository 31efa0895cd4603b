using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Checks reported withdrawals in two lines. In the first, accounts are looked for in the store, so that a forged report costs one look-up
/// and takes no place from a true one. In the second, the connections that were found are refreshed; a connection that cannot be refreshed
/// now waits until it can.
/// </summary>
internal sealed class WithdrawalReports(IConnections connections, ITokenManager manager, TimeProvider time, ILogger<WithdrawalReports> logger) : BackgroundService, IRevocationHints
{
    private const int AtOnce = 4;
    private const int Tries = 3;
    private const int LongestAccountId = 256;

    /// <summary>
    /// How many accounts of the app's own connections may wait for their refresh. While there are more, the search pauses.
    /// </summary>
    private const int MostChecks = 1000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(5);

    private readonly GuardedLogger _logger = new(logger);
    private readonly WaitingReports _waiting = new();
    private readonly Channel<Check> _checks = Channel.CreateBounded<Check>(MostChecks);

    /// <summary>What waits to be checked, or to be tried again: a second report of the same account changes nothing.</summary>
    private readonly ConcurrentDictionary<WithdrawalReport, byte> _found = new();
    private readonly CheckBudget _budget = new(time);
    private volatile bool _hasEnded;

    /// <summary>How many reports have not been looked at.</summary>
    public int Waiting => _waiting.Count;

    public bool TryReport(string provider, string accountId)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentException.ThrowIfNullOrEmpty(accountId);
        if (_hasEnded)
            return false;
        if (accountId.Length <= LongestAccountId) // Otherwise it is not an account id.
            _waiting.Add(new WithdrawalReport(provider, accountId));
        return true;
    }

    public override void Dispose()
    {
        base.Dispose();
        _waiting.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).SelectMany(_ => new[] { SearchAsync(stoppingToken), CheckAsync(stoppingToken) })).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Whatever waited is found out by the next refresh.
        }
        finally
        {
            _hasEnded = true;
        }
    }

    private async Task SearchAsync(CancellationToken stopping)
    {
        while (true)
        {
            WithdrawalReport report = await _waiting.TakeAsync(stopping).ConfigureAwait(false);
            if (_found.ContainsKey(report) || await FindAsync(report, stopping).ConfigureAwait(false) is not { Count: > 0 } keys)
                continue;
            if (_found.TryAdd(report, 0))
                await _checks.Writer.WriteAsync(new Check(report, keys, Attempt: 1), stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Every search needs the store, so while it fails this line waits.</summary>
    private async Task<IReadOnlyList<TokenKey>> FindAsync(WithdrawalReport report, CancellationToken stopping)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await connections.FindByAccountAsync(report.Provider, report.AccountId, tenant: null).WaitAsync(stopping).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                stopping.ThrowIfCancellationRequested();
                if (attempt == Tries)
                {
                    WebLog.WithdrawalUnchecked(_logger, failure, report.Provider, attempt);
                    return [];
                }
            }

            await Task.Delay(StorePause, time, stopping).ConfigureAwait(false);
        }
    }

    private async Task CheckAsync(CancellationToken stopping)
    {
        await foreach (Check check in _checks.Reader.ReadAllAsync(stopping).ConfigureAwait(false))
        {
            _found.TryRemove(check.Report, out _); // What is reported from now on may be newer than what is found out now.
            if (check.Attempt == 1 && _budget.WaitFor(check.Report) is var wait && wait > TimeSpan.Zero)
            {
                if (_found.Count < MostChecks && _found.TryAdd(check.Report, 0))
                    _ = AgainAsync(check, wait, stopping);
                continue;
            }

            try
            {
                foreach (TokenKey key in check.Keys)
                    await RefreshAsync(key, stopping).ConfigureAwait(false);
                WebLog.WithdrawalChecked(_logger, check.Report.Provider, check.Keys.Count);
            }
            catch (TokenTemporarilyUnavailableException later) when (check.Attempt < Tries && _found.Count < MostChecks)
            {
                if (_found.TryAdd(check.Report, 0))
                {
                    // Another implementation of the manager may give any time.
                    var pause = TimeSpan.FromTicks(Math.Clamp(later.RetryAfter.Ticks, 0, LongestPause.Ticks));
                    _ = AgainAsync(check with { Attempt = check.Attempt + 1 }, pause, stopping);
                }
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                stopping.ThrowIfCancellationRequested();
                WebLog.WithdrawalUnchecked(_logger, failure, check.Report.Provider, check.Attempt);
            }
        }
    }

    private async Task AgainAsync(Check check, TimeSpan pause, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(pause, time, stopping).ConfigureAwait(false);
            await _checks.Writer.WriteAsync(check, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    // The refresh itself finds out, notes and announces what has become of the grant.
    private async Task RefreshAsync(TokenKey key, CancellationToken stopping)
    {
        try
        {
            await manager.RefreshAsync(key, rejected: null, stopping).ConfigureAwait(false);
        }
        catch (ReauthorizationRequiredException)
        {
            // Confirmed.
        }
    }

    private sealed record Check(WithdrawalReport Report, IReadOnlyList<TokenKey> Keys, int Attempt);
}
