using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>
/// Reads times as what they are. Engines without a time zone type return them unspecified, and Npgsql's legacy mode as local time.
/// </summary>
internal static class RowReading
{
    private static readonly RowProperty[] Times = [.. Row.All.Where(static property => property.ClrType == typeof(DateTime?))];

    public static DateTime InUtc(this DateTime time) => time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc);

    public static DateTimeOffset? Moment(this DateTime? time) => time is { } at ? new DateTimeOffset(at.InUtc()) : null;

    /// <summary>Sets all times of a row that EF has read.</summary>
    public static OAuthConnection InUtc(this OAuthConnection row)
    {
        foreach (RowProperty property in Times)
        {
            if (property.Get(row) is DateTime time)
                property.Set(row, time.InUtc());
        }

        return row;
    }
}
