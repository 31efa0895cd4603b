using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Diagnostics;

/// <summary>Messages about the clocks.</summary>
internal static partial class Log
{
    [LoggerMessage(94, LogLevel.Warning, "The clock of the token store is {Difference} this machine's clock. Synchronize both clocks (NTP). Refreshes follow the store's clock. By this machine's clock, tokens may seem expired while they are live, or live while they are expired.")]
    public static partial void StoreClockDiffers(ILogger logger, string difference);

    [LoggerMessage(95, LogLevel.Information, "The clocks of the token store and of this machine agree again.")]
    public static partial void StoreClockAgrees(ILogger logger);
}
