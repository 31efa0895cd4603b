using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Diagnostics;

/// <summary>Messages about the app's observers.</summary>
internal static partial class Log
{
    public static void ObserverFailed(ILogger logger, Exception exception, string observer, TokenEvent told) =>
        ObserverFailed(logger, exception, observer, told.Key is { } key ? $"{told.Kind} {Text(logger, key)}" : told.ToString());

    [LoggerMessage(19, LogLevel.Error, "The observer {Observer} threw at {Event}. Nothing else is affected.")]
    public static partial void ObserverFailed(ILogger logger, Exception exception, string observer, string @event);

    public static void ObserverStuck(ILogger logger, string observer, TokenEvent told, TimeSpan timeout) =>
        ObserverStuck(logger, observer, told.Key is { } key ? $"{told.Kind} {Text(logger, key)}" : told.ToString(), timeout);

    [LoggerMessage(90, LogLevel.Error, "The observer {Observer} did not return from {Event} within {Timeout}, although its token was canceled. It gets no further events until it returns. Nothing else waits for it. Make it observe its cancellation token, and do not block its thread.")]
    private static partial void ObserverStuck(ILogger logger, string observer, string @event, TimeSpan timeout);

    [LoggerMessage(91, LogLevel.Information, "The observer {Observer} returned after {Elapsed} and gets events again.")]
    public static partial void ObserverReturned(ILogger logger, string observer, TimeSpan elapsed);

    [LoggerMessage(92, LogLevel.Warning, "{Capacity} events wait for the observer {Observer}, because events arrive faster than it handles them. The oldest events are dropped until it has caught up. Reauthorization events are delivered again later.")]
    public static partial void EventsDropped(ILogger logger, string observer, int capacity);

    [LoggerMessage(93, LogLevel.Information, "The observer {Observer} has caught up; {Count} events were dropped.")]
    public static partial void EventsCaughtUp(ILogger logger, string observer, long count);
}
