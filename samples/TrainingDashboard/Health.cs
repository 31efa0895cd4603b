using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using TokenLifecycle.DependencyInjection;

namespace TrainingDashboard;

/// <summary>Health endpoints for the platform: whether the process is alive, and whether it can serve requests.</summary>
internal static class Health
{
    public static void MapHealth(this WebApplication app)
    {
        // Live: no I/O. Ready: the store and the keys, but no provider, so that an outage of a provider takes no instance out of service.
        app.MapHealthChecks("/health/live", Tagged(TokenLifecycleHealthChecks.LiveTag));
        app.MapHealthChecks("/health/ready", Tagged(TokenLifecycleHealthChecks.ReadyTag));
    }

    private static HealthCheckOptions Tagged(string tag) => new() { Predicate = check => check.Tags.Contains(tag) };
}
