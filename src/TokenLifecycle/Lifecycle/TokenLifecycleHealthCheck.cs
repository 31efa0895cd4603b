using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Degraded while tokens wait to be saved, while a provider rejects the client, or while mass rejections are held back. Does no I/O and calls nobody.
/// Add it with <c>services.AddHealthChecks().AddCheck&lt;TokenLifecycleHealthCheck&gt;("tokens")</c>.
/// </summary>
public sealed class TokenLifecycleHealthCheck : IHealthCheck
{
    private readonly ProviderDirectory _providers;
    private readonly TokenPersistence _persistence;

    internal TokenLifecycleHealthCheck(ProviderDirectory providers, TokenPersistence persistence)
    {
        _providers = providers;
        _persistence = persistence;
    }

    /// <summary>Says how the connections are doing as a whole, naming providers but no users.</summary>
    /// <param name="context">Not used.</param>
    /// <param name="cancellationToken">Not used: nothing is waited for.</param>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problems = new List<string>();
        if (_persistence.PendingCount is var pending and > 0)
            problems.Add($"{pending} connection(s) have new tokens that could not be saved yet: look at the token store.");

        foreach ((string provider, ProviderGate gate) in _providers.Gates)
        {
            if (gate.IsClientRejected)
                problems.Add($"Provider {provider} rejects this application: check its ClientId and ClientSecret.");
            if (gate.Rejections.IsHolding || gate.Suspicions.IsHolding)
                problems.Add($"Provider {provider} rejects the grants of many users at once: check its status and the client's settings.");
        }

        return Task.FromResult(problems.Count == 0
            ? HealthCheckResult.Healthy("All token connections are as stored.")
            : HealthCheckResult.Degraded(string.Join(" ", problems)));
    }
}
