using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TokenLifecycle.TestKit;

public static class CanaryLoggingExtensions
{
    /// <summary>Puts the logs of a container under the watch, down to Trace and whatever the container's own filters say.</summary>
    /// <param name="services">The container.</param>
    /// <param name="watch">The watch; by default the process's own.</param>
    public static IServiceCollection AddCanaryLogging(this IServiceCollection services, CanaryWatch? watch = null) =>
        services.AddLogging(logging => logging
            .AddProvider(new CanaryLoggerProvider(watch ?? CanaryWatch.OfProcess))
            .AddFilter<CanaryLoggerProvider>(category: null, LogLevel.Trace));
}
