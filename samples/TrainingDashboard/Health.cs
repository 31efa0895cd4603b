using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using TokenLifecycle.DependencyInjection;

namespace TrainingDashboard;

/// <summary>Health endpoints for the platform: is the process alive, and can it serve?</summary>
internal static class Health
{
    public static void MapHealth(this WebApplication app)
    {
        // Alive: no I/O. Ready: the store and the keys, never a provider, so that a provider's outage takes no instance out of service.
        app.MapHealthChecks("/health/live", Tagged(TokenLifecycleHealthChecks.LiveTag));
        app.MapHealthChecks("/health/ready", Tagged(TokenLifecycleHealthChecks.ReadyTag));
    }

    private static HealthCheckOptions Tagged(string tag) => new() { Predicate = check => check.Tags.Contains(tag) };
}
