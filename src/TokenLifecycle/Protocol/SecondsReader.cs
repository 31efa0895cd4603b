using System.Globalization;
using System.Text.Json;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Reads a number of seconds that providers write as an integer, a float or a string (TE-8, D3). Nothing throws, nothing overflows.
/// </summary>
internal static class SecondsReader
{
    /// <summary>The seconds, rounded down and held within the range of a <see cref="long"/>; null if the value is not a number.</summary>
    public static long? Read(JsonElement value)
    {
        string? text = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => JsonBody.Text(value)?.Trim(),
            _ => null,
        };
        if (text is null)
            return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds))
            return seconds;
        // double also reads "NaN" and "Infinity", whatever the style: a number begins with a digit or its sign.
        string digits = text.TrimStart('-', '+');
        return digits.Length > 0 && char.IsAsciiDigit(digits[0]) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? Hold(Math.Floor(number))
            : null;
    }

    /// <summary>
    /// A lifetime: zero or less means "already over", and what is beyond <paramref name="cap"/> is cut to it, so that no timer overflows.
    /// </summary>
    public static TimeSpan Lifetime(long seconds, TimeSpan cap) =>
        seconds <= 0 ? TimeSpan.Zero : seconds >= (long)cap.TotalSeconds ? cap : TimeSpan.FromSeconds(seconds);

    private static long Hold(double number) =>
        number >= long.MaxValue ? long.MaxValue : number <= long.MinValue ? long.MinValue : (long)number;
}
