using System.Net.Http.Headers;

namespace TokenLifecycle.Protocol;

/// <summary>Reads Retry-After (RFC 9110 section 10.2.3): seconds or a date. A provider may slow us down, but not switch us off (RF-11).</summary>
internal static class RetryAfterHeader
{
    public static readonly TimeSpan Cap = TimeSpan.FromHours(1);

    /// <summary>How long to wait, at most an hour; null if there is no such header or it is invalid or in the past.</summary>
    public static TimeSpan? Parse(string? value, DateTimeOffset now)
    {
        if (!RetryConditionHeaderValue.TryParse(value, out RetryConditionHeaderValue? parsed))
            return null;
        TimeSpan? wait = parsed.Delta ?? parsed.Date - now;
        if (wait is not { } known || known < TimeSpan.Zero)
            return null;
        return known < Cap ? known : Cap;
    }
}
