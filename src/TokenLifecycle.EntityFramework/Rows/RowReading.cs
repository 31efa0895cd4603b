using TokenLifecycle.EntityFramework.Model;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>Typed access to the values of a row.</summary>
internal static class RowReading
{
    public static string? Text(this IReadOnlyDictionary<string, object?> row, string property) => row.GetValueOrDefault(property) as string;

    public static int? Number(this IReadOnlyDictionary<string, object?> row, string property) => row.GetValueOrDefault(property) as int?;

    public static long Version(this IReadOnlyDictionary<string, object?> row) => row.GetValueOrDefault(Row.Version) as long? ?? 0;

    public static Guid? WriteId(this IReadOnlyDictionary<string, object?> row) => row.GetValueOrDefault(Row.WriteId) as Guid?;

    /// <summary>A time in UTC. Engines without a time zone type return it unspecified, and Npgsql's legacy mode as local time.</summary>
    public static DateTime? Time(this IReadOnlyDictionary<string, object?> row, string property) => row.GetValueOrDefault(property) is DateTime time
        ? time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc)
        : null;

    public static DateTimeOffset? Moment(this IReadOnlyDictionary<string, object?> row, string property) =>
        row.Time(property) is { } time ? new DateTimeOffset(time) : null;
}
