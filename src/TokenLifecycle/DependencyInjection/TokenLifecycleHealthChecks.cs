using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Health;

namespace TokenLifecycle.DependencyInjection;

/// <summary>
/// The library's health checks, to be added one by one or all at once. In a web app <c>services.AddHealthChecks().AddTokenLifecycle()</c>
/// adds them all.
/// </summary>
public static class TokenLifecycleHealthChecks
{
    /// <summary>The tag of checks that do no I/O, for liveness.</summary>
    public const string LiveTag = "live";

    /// <summary>The tag of checks that report whether this process can serve. None of them depends on a provider.</summary>
    public const string ReadyTag = "ready";

    /// <summary>
    /// All of them: <c>tokenlifecycle</c> (live and ready), <c>tokenlifecycle-store</c>, <c>tokenlifecycle-keys</c> and
    /// <c>tokenlifecycle-connections</c> (ready).
    /// </summary>
    public static IReadOnlyList<HealthCheckRegistration> All { get; } =
    [
        Of<TokenLifecycleHealthCheck>("tokenlifecycle", LiveTag, ReadyTag),
        Of<TokenStoreHealthCheck>("tokenlifecycle-store", ReadyTag),
        Of<TokenProtectionHealthCheck>("tokenlifecycle-keys", ReadyTag),
        Of<TokenConnectionsHealthCheck>("tokenlifecycle-connections", ReadyTag),
    ];

    private static HealthCheckRegistration Of<TCheck>(string name, params string[] tags)
        where TCheck : class, IHealthCheck => new(name, static services => services.GetRequiredService<TCheck>(), failureStatus: null, tags);
}
