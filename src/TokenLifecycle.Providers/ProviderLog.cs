using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Providers;

/// <summary>The log messages of this package. Event ids 501 to 599.</summary>
internal static partial class ProviderLog
{
    [LoggerMessage(
        501, LogLevel.Warning,
        "Provider {Provider} changes on {Date}: {Change} Update TokenLifecycle.Providers or your settings before that date. See {Link}")]
    public static partial void ChangeNear(ILogger logger, string provider, string date, string change, string link);

    [LoggerMessage(
        502, LogLevel.Warning,
        "Provider {Provider} changed on {Date}: {Change} Check that your app is up to date with it. See {Link}")]
    public static partial void ChangePassed(ILogger logger, string provider, string date, string change, string link);
}
