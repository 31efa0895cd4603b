using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>Checks, before anything is sent, whether the current row needs a refresh and may be refreshed.</summary>
internal sealed class RefreshPrecheck(
    RefreshedTokenWriter writer,
    ConnectionEvaluator book,
    RefreshSchedule plan,
    RowlessFailures rowless,
    TimeProvider time,
    ILogger<ITokenManager> logger)
{
    /// <summary>
    /// Due, but not to be refreshed (there is no refresh token, or it belongs elsewhere): looked at again after this, and not in a loop.
    /// </summary>
    private static readonly TimeSpan NothingToDoPause = TimeSpan.FromHours(1);

    /// <summary>The result if the current row needs no refresh; null if it does.</summary>
    public RefreshResult? WithoutRefresh(StoredToken row, OAuthProviderOptions provider, RefreshDemand demand)
    {
        RefreshNeed need = book.NeedOf(row, provider, demand);
        if (need.IsNeeded)
            return null;

        book.Publish(row, provider);
        FreshnessVerdict verdict = book.VerdictOf(row, provider);
        if (verdict.Reason is { } reason)
            return RefreshResult.Reauthorize(reason, row);
        if (need.Pause > TimeSpan.Zero)
            return RefreshResult.Paused(row, need.Pause);

        Log.Adopted(logger, row.Key);
        return RefreshResult.Adopted(row);
    }

    /// <summary>The last look before the POST, under the lease: gives the lease back and says why if nothing is to be sent.</summary>
    public async Task<RefreshResult?> RefuseToSendAsync(RefreshAttempt attempt, RefreshDemand demand)
    {
        if (WhyNotToSend(attempt, demand) is { } result)
        {
            if (attempt.Row is { } row)
                await writer.GiveUpAsync(attempt, demand.IsDue ? NextLookAt(row, attempt.Provider) : null).ConfigureAwait(false);
            return result;
        }

        if (attempt.Gate.RefusalToSend() is { } refusal)
        {
            await writer.GiveUpAsync(attempt).ConfigureAwait(false);
            return refusal;
        }

        attempt.Began = attempt.Gate.Evidence.Begin(attempt.Key);
        return null;
    }

    /// <summary>When a row is looked at again that was found due and is not refreshed.</summary>
    private DateTimeOffset NextLookAt(StoredToken row, OAuthProviderOptions provider) => book.UntilDue(row, provider) is var wait && wait > TimeSpan.Zero
        ? plan.AfterEarlyClaim(wait, book.TimingOf(row.Tokens, provider))
        : time.GetUtcNow() + NothingToDoPause;

    private RefreshResult? WhyNotToSend(RefreshAttempt attempt, RefreshDemand demand)
    {
        if (attempt.Row is not { } row)
        {
            return rowless.PauseOf(attempt.Key) is { } last ? RefreshResult.Unavailable(last.Failure.Kind, last.Pause) : null;
        }

        if (WithoutRefresh(row, attempt.Provider, demand) is { } result)
            return result;
        if (attempt.Provider.GrantType == OAuthGrantType.ClientCredentials || IssuerCheck.IsSame(row.Tokens, attempt.Provider))
            return null;

        IssuerCheck.Report(logger, row, attempt.Provider);
        return RefreshResult.Misconfigured(ProviderConfigurationReason.IssuerChanged, IssuerCheck.Describe(row, attempt.Provider), row);
    }
}
