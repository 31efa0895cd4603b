using System.Globalization;
using System.Net.Http.Headers;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Reads Retry-After (RFC 9110 section 10.2.3): seconds or a date. The value is capped, because a provider may slow the app down but not
/// switch it off (RF-11): see <c>docs/adr/0022</c>.
/// </summary>
internal static class RetryAfterHeader
{
    public static readonly TimeSpan Cap = TimeSpan.FromDays(1);

    /// <summary>Returns how long to wait, at most a day; null if there is no such header or it is invalid or in the past.</summary>
    /// <param name="value">The header. If a proxy has joined several values, the longest counts.</param>
    /// <param name="now">The time that a date is compared with: the provider's own time if its response states it, because clocks
    /// differ.</param>
    public static TimeSpan? Parse(string? value, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(value))
            return null;
        if (RetryConditionHeaderValue.TryParse(value, out RetryConditionHeaderValue? parsed) && parsed.Date is { } date)
            return date < now ? null : Capped((date - now).TotalSeconds);

        double longest = -1;
        foreach (string part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            // Digits only, however many: a number too large for an integer is a long time and not invalid. Fractions are not standard, but
            // some providers send them.
            if (!double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds))
                return null;
            longest = Math.Max(longest, seconds);
        }

        return Capped(longest);
    }

    private static TimeSpan? Capped(double seconds) => seconds >= Cap.TotalSeconds ? Cap : TimeSpan.FromSeconds(Math.Ceiling(seconds));
}
