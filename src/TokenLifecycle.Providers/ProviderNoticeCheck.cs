using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Providers;

/// <summary>Logs a warning at start for each announced change of a registered provider that is near or has passed.</summary>
internal sealed class ProviderNoticeCheck(IEnumerable<ProviderNotice> notices, TimeProvider time, ILogger<ProviderNoticeCheck> logger)
    : IHostedService
{
    private const int NearDays = 90;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        DateOnly today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        foreach (ProviderNotice notice in notices.Distinct())
        {
            string date = notice.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            if (notice.Date <= today)
                ProviderLog.ChangePassed(logger, notice.Provider, date, notice.Change, notice.Link);
            else if (notice.Date <= today.AddDays(NearDays))
                ProviderLog.ChangeNear(logger, notice.Provider, date, notice.Change, notice.Link);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
