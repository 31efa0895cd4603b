using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Notifications;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;

namespace TokenLifecycle.Health;

/// <summary>
/// Degraded while tokens wait to be saved, while a provider rejects the client, is down or asked for fewer calls, while mass rejections are
/// held back, while an observer does not return or keeps failing, or while reloaded settings are not used because they are invalid; never
/// Unhealthy. The data contains the state of each provider that was used. Does no I/O and makes no calls, so it is suitable for liveness as
/// well as readiness. Add it with <c>services.AddHealthChecks().AddCheck&lt;TokenLifecycleHealthCheck&gt;("tokens")</c>, or with all others
/// by <c>TokenLifecycleHealthChecks.All</c>.
/// </summary>
public sealed class TokenLifecycleHealthCheck : IHealthCheck
{
    private readonly ProviderRegistry _providers;
    private readonly PendingSaveQueue _persistence;
    private readonly TokenEventDispatcher _events;
    private readonly RejectedSettings _settings;
    private readonly StoreClock _clock;

    internal TokenLifecycleHealthCheck(ProviderRegistry providers, PendingSaveQueue persistence, TokenEventDispatcher events, RejectedSettings settings, StoreClock clock)
    {
        _settings = settings;
        _providers = providers;
        _persistence = persistence;
        _events = events;
        _clock = clock;
    }

    /// <summary>Says how the connections are doing as a whole, naming providers but no users.</summary>
    /// <param name="context">Not used.</param>
    /// <param name="cancellationToken">Not used: nothing is waited for.</param>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problems = new List<string>();
        if (_persistence.PendingCount is var pending and > 0)
            problems.Add($"{pending} connection(s) have new tokens that could not be saved yet (since {_persistence.PendingSince:u}). They exist in this process only. Fix the token store, and do not restart this process before they are saved. Otherwise those users may have to reconnect.");

        var providers = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach ((string provider, ProviderCircuit gate) in _providers.Gates)
        {
            string[] blocks = [.. ProviderBlocks.Of(gate).Where(static block => block.Holds).Select(static block => block.Reason)];
            providers[provider] = blocks.Length == 0 ? "open" : string.Join(", ", blocks);
            if (gate.IsBroken)
                problems.Add($"Provider {provider} does not answer as it should; no calls are made for a moment. Tokens that still live are served.");
            if (gate.IsThrottled)
                problems.Add($"Provider {provider} asked for fewer calls; none are made for a while.");
            if (gate.Client.IsRejected)
                problems.Add($"Provider {provider} rejects this application: check its ClientId and ClientSecret.");
            if (gate.IsHoldingVerdicts)
                problems.Add($"Provider {provider} rejects the grants of many users at once: check its status and the client's settings.");
        }

        problems.AddRange(_events.Problems);
        foreach ((string settings, string reason) in _settings.Find())
            problems.Add($"The reloaded settings of {settings} are not used, and the last valid ones stay in force: {reason} Correct them before this process is restarted.");

        if (_clock.Problem is { } clocks)
            problems.Add(clocks);
        return Task.FromResult(problems.Count == 0
            ? HealthCheckResult.Healthy("All token connections are as stored.", providers)
            : HealthCheckResult.Degraded(string.Join(" ", problems), data: providers));
    }
}
