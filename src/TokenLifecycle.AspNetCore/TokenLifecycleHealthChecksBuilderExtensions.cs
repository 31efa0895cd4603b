using TokenLifecycle.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the library's health checks to those of the app.</summary>
public static class TokenLifecycleHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds all checks of <see cref="TokenLifecycleHealthChecks"/>, tagged <c>live</c> and <c>ready</c>: map two endpoints, each with a
    /// predicate for its tag. Liveness does no I/O; readiness asks the store and the keys, and no provider.
    /// </summary>
    /// <param name="builder">What <c>AddHealthChecks()</c> returned.</param>
    public static IHealthChecksBuilder AddTokenLifecycle(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        foreach (Diagnostics.HealthChecks.HealthCheckRegistration check in TokenLifecycleHealthChecks.All)
            builder.Add(check);
        return builder;
    }
}
