using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Health;

/// <summary>
/// Degraded while more of a provider's connections wait for their users to reconnect than
/// <see cref="TokenLifecycleOptions.ReconnectRatioThreshold"/>; never Unhealthy. The data holds the share of each provider. Goes by the
/// last count, which is made behind the check at most once a minute, by a store that can count; so it does belong to readiness and not to
/// liveness.
/// </summary>
public sealed class TokenConnectionsHealthCheck : IHealthCheck
{
    /// <summary>Below this a share says nothing.</summary>
    private const int Fewest = 20;

    private readonly ConnectionCounts _census;
    private readonly IOptionsMonitor<TokenLifecycleOptions> _options;

    internal TokenConnectionsHealthCheck(ConnectionCounts census, IOptionsMonitor<TokenLifecycleOptions> options)
    {
        _census = census;
        _options = options;
    }

    /// <summary>Says of which providers too many users have to reconnect.</summary>
    /// <param name="context">Not used.</param>
    /// <param name="cancellationToken">Not used: nothing is waited for.</param>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        bool isCounted = _census.IsCounted; // Read before the counts, which may become available in between.
        IReadOnlyList<ConnectionCount> counts = _census.Latest();
        if (!isCounted)
            return Task.FromResult(HealthCheckResult.Healthy("The connections have not been counted yet, or the store cannot count them."));

        double most = _options.CurrentValue.ReconnectRatioThreshold;
        var problems = new List<string>();
        var shares = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (IGrouping<string, ConnectionCount> provider in counts.GroupBy(static counted => counted.Provider, StringComparer.Ordinal))
        {
            long all = provider.Sum(static counted => counted.Count);
            long waiting = provider.Where(static counted => counted.State == StoredConnectionState.ReauthorizationRequired).Sum(static counted => counted.Count);
            double share = (double)waiting / all;
            shares[provider.Key] = Math.Round(share, 4);
            if (all >= Fewest && share > most)
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"{waiting} of {all} connections to {provider.Key} require a reconnect by their users: check when and why they were rejected."));
        }

        return Task.FromResult(problems.Count == 0
            ? HealthCheckResult.Healthy("No unusual number of users has to reconnect.", shares)
            : HealthCheckResult.Degraded(string.Join(" ", problems), data: shares));
    }
}
