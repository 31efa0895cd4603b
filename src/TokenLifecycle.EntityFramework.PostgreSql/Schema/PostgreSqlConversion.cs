namespace TokenLifecycle.EntityFramework.PostgreSql.Schema;

/// <summary>
/// Writes how PostgreSQL converts a column to another type, where it doesn't convert automatically or converts incorrectly.
/// </summary>
internal static class PostgreSqlConversion
{
    private const string Moment = "timestamp with time zone";

    /// <returns>The expression behind USING; <see langword="null"/> if none is needed.</returns>
    public static string? Using(string column, string from, string to)
    {
        // Without a zone it would be taken for the local time of the session that runs the statement; numbers are seconds since 1970, as
        // providers send them.
        if (to == Moment && from.StartsWith("timestamp", StringComparison.Ordinal) && from.EndsWith("without time zone", StringComparison.Ordinal))
            return $"{column} AT TIME ZONE 'UTC'";
        if (to == Moment && from is "smallint" or "integer" or "bigint" or "double precision" or "real" or "numeric")
            return $"to_timestamp({column})";
        return to == "text" ? null : $"{column}::{to}";
    }
}
