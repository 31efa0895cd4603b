using System.Globalization;

namespace TokenLifecycle.Importing;

/// <summary>
/// Reads a point in time however another system has written it. Nothing throws, nothing overflows, nothing is guessed from today's date.
/// </summary>
internal static class ImportTime
{
    /// <summary>As seconds this is the year 5138, as milliseconds 1973: no token's end can be meant by both.</summary>
    private const decimal FirstMilliseconds = 100_000_000_000m;

    private const int DateLength = 10;

    private static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Furthest = TimeSpan.FromDays(36525);

    /// <summary>Reads a value.</summary>
    /// <param name="value">The value of the column.</param>
    /// <param name="time">The time; null if there is none, which is valid.</param>
    /// <returns>Whether the value could be read.</returns>
    public static bool TryRead(object? value, out DateTimeOffset? time)
    {
        time = value switch
        {
            DateTimeOffset exact => exact.ToUniversalTime(),
            DateTime { Kind: DateTimeKind.Local } local => new DateTimeOffset(local.ToUniversalTime(), TimeSpan.Zero),
            DateTime utc => new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc), TimeSpan.Zero),
            string text => FromText(text.Trim()),
            _ => NumberOf(value) is { } number ? FromNumber(number) : null,
        };
        return time is not null || value is null or DBNull || (value is string blank && string.IsNullOrWhiteSpace(blank));
    }

    /// <summary>Whether it can be the end of a token: what is older, or a century off, was misread or never a time.</summary>
    public static bool IsPlausible(DateTimeOffset time, DateTimeOffset now) => time >= Earliest && (time < now || time - now <= Furthest);

    private static DateTimeOffset? FromText(string text)
    {
        if (decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            return FromNumber(number);

        // The parser would make "12:30" today's and "7 May" this year's: only what begins with a whole date is read.
        bool isDated = text.Length >= DateLength && text[4] == '-' && text[7] == '-' && text.AsSpan(0, 4).ContainsAnyExceptInRange('0', '9') is false;
        return isDated && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : null;
    }

    private static decimal? NumberOf(object? value) => value switch
    {
        long number => number,
        int number => number,
        uint number => number,
        ulong number => number,
        short number => number,
        ushort number => number,
        decimal number => number,
        double number when Math.Abs(number) < (double)decimal.MaxValue / 2 => (decimal)number,
        float number when Math.Abs(number) < (float)decimal.MaxValue / 2 => (decimal)number,
        _ => null,
    };

    /// <summary>What no calendar holds becomes the end of the calendar, which is implausible enough.</summary>
    private static DateTimeOffset FromNumber(decimal number)
    {
        decimal milliseconds = Math.Abs(number) < FirstMilliseconds ? number * 1000 : number;
        decimal held = Math.Clamp(milliseconds, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
        return DateTimeOffset.FromUnixTimeMilliseconds((long)held);
    }
}
