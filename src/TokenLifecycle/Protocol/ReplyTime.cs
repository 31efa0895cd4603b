using System.Globalization;
using System.Text.Json;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Reads a point in time of a response: seconds or milliseconds since 1970, or a date as ISO 8601. Nothing throws, nothing overflows.
/// </summary>
internal static class ReplyTime
{
    // As seconds, this is the year 5138; as milliseconds, March 1973.
    private const long FirstMilliseconds = 100_000_000_000;
    private const long LastMilliseconds = 100_000_000_000_000;

    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    /// <summary>Returns the seconds since 1970; null if the value is not a time.</summary>
    public static long? Read(JsonElement value)
    {
        if (SecondsReader.Read(value) is { } number)
            return number is >= FirstMilliseconds and < LastMilliseconds ? number / 1000 : number;
        return JsonBody.Text(value)?.Trim() is { Length: > 0 } text && DateTimeOffset.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time.ToUnixTimeSeconds()
            : null;
    }
}
