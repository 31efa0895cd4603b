using System.Data.Common;

namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>What PostgreSQL's error codes (appendix A of its manual) mean for a token store, and who has to do what.</summary>
internal static class PostgreSqlErrors
{
    private const string SerializationFailure = "40001";
    private const string DeadlockDetected = "40P01";

    public static bool IsRolledBackForAnother(Exception exception) => StateOf(exception) is SerializationFailure or DeadlockDetected;

    /// <summary>
    /// Returns whether the connection failed and not the statement: the server, a load balancer or a proxy closed it. Decides by types and codes only. A failure without a code that the driver
    /// reports as transient is a failure of the stream, unless it is a timeout. Class 08 is about connections. 57P01, 57P02 and 57P05 end a session.
    /// </summary>
    public static bool IsConnectionBroken(Exception failure)
    {
        for (Exception? exception = failure; exception is not null; exception = exception.InnerException)
        {
            if (exception is DbException database)
            {
                return database.SqlState is { } state
                    ? state.StartsWith("08", StringComparison.Ordinal) || state is "57P01" or "57P02" or "57P05"
                    : database.IsTransient && database.InnerException is not TimeoutException && !IsPoolExhausted(database);
            }
        }

        return false;
    }

    /// <summary>What happened and what to do, in a sentence each; <see langword="null"/> where the database's own words must do.</summary>
    public static string? Explain(Exception exception, string table) => StateOf(exception) switch
    {
        "25006" => "the database is read-only. Connect to the primary, or end its recovery or its default_transaction_read_only.",
        "42P01" or "3F000" => $"the table {table} does not exist. Apply the app's migrations, and check search_path.",
        "42703" => $"a column of {table} is missing. Apply the app's migrations.",
        "42P10" => $"{table} has no primary key or unique index on provider, user id and connection. Apply the app's migrations.",
        "42501" => $"the database user may not read and write {table}. GRANT SELECT, INSERT, UPDATE, DELETE on it.",
        "57014" => "the statement was cancelled, most likely by statement_timeout. Find out what locks or slows the table, or raise the timeout.",
        "55P03" => "another transaction kept the row locked for longer than lock_timeout. Find out which one.",
        "53100" => "the database's disk is full. Make room.",
        "53300" => "the database takes no more connections. Lower Maximum Pool Size in the app's connection strings, or raise max_connections.",
        "3D000" => "there is no such database. Check the connection string.",
        "28P01" or "28000" => "the database refused user or password. Check the connection string.",
        "57P01" or "57P02" or "57P03" => "the database is shutting down or starting. It is tried again.",
        null when IsPoolExhausted(exception) => "every connection of the pool was in use. Look for code that holds connections, or raise Maximum Pool Size in the connection string.",
        _ => null,
    };

    private static string? StateOf(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is DbException { SqlState: { } state })
                return state;
        }

        return null;
    }

    // Npgsql has no code for it: only the message distinguishes it from a connection that cannot be opened.
    private static bool IsPoolExhausted(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is DbException && exception.Message.Contains("pool has been exhausted", StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
