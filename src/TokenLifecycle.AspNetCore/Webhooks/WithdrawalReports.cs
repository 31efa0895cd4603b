using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Checks reported withdrawals one after another. A flood of forged ones costs one look-up each, and a refresh only for accounts that are connected.</summary>
internal sealed class WithdrawalReports(ITokenStore store, ITokenManager manager, TimeProvider time, ILogger<WithdrawalReports> logger) : BackgroundService, IWithdrawalReports
{
    private const int MostWaiting = 1000;
    private const int Tries = 3;
    private const int LongestAccountId = 256;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly GuardedLogger _logger = new(logger);
    private readonly Channel<(string Provider, string AccountId)> _queue = Channel.CreateBounded<(string, string)>(MostWaiting);
    private readonly ConcurrentDictionary<(string Provider, string AccountId), bool> _waiting = new();

    public bool TryReport(string provider, string accountId)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentException.ThrowIfNullOrEmpty(accountId);
        if (accountId.Length > LongestAccountId || !_waiting.TryAdd((provider, accountId), true))
            return true; // It is no account, or it is waiting already: there is nothing to send again.
        if (_queue.Writer.TryWrite((provider, accountId)))
            return true;
        _waiting.TryRemove((provider, accountId), out _);
        return false;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach ((string Provider, string AccountId) report in _queue.Reader.ReadAllAsync(stoppingToken).ConfigureAwait(false))
            {
                _waiting.TryRemove(report, out _);
                await CheckAsync(report.Provider, report.AccountId, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Whatever waited is found out by the next refresh.
        }
    }

    private async Task CheckAsync(string provider, string account, CancellationToken stopping)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                IReadOnlyList<TokenKey> keys = store is ISearchableTokenStore searchable
                    ? await searchable.FindByAccountAsync(provider, account, stopping).ConfigureAwait(false)
                    : [];
                foreach (TokenKey key in keys)
                    await RefreshAsync(key, stopping).ConfigureAwait(false);
                if (keys.Count > 0)
                    WebLog.WithdrawalChecked(_logger, provider, keys.Count);
                return;
            }
            catch (TokenTemporarilyUnavailableException later) when (attempt < Tries)
            {
                // Another implementation of the manager may give any time.
                await Task.Delay(TimeSpan.FromTicks(Math.Clamp(later.RetryAfter.Ticks, 0, LongestPause.Ticks)), time, stopping).ConfigureAwait(false);
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                WebLog.WithdrawalUnchecked(_logger, failure, provider, attempt);
                return;
            }
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
}
