using Npgsql;

namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>
/// What PostgreSQL's error codes (appendix A of its manual) and Npgsql's errors mean for a token store, and what has to be done.
/// </summary>
internal static class PostgreSqlErrors
{
    public static bool IsRolledBackForAnother(Exception failure) =>
        Find(failure) is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected };

    /// <summary>
    /// Returns whether the connection failed and not the statement: the server, a load balancer or a proxy closed it. Class 08 is about
    /// connections. 57P01, 57P02 and 57P05 end a session. Without an answer of the server, a failure that Npgsql reports as transient is
    /// one of the stream, unless it is a timeout or a pool without a free connection.
    /// </summary>
    public static bool IsConnectionBroken(Exception failure) => Find(failure) switch
    {
        PostgresException answer => answer.SqlState.StartsWith("08", StringComparison.Ordinal)
            || answer.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.IdleSessionTimeout,
        { IsTransient: true, InnerException: not TimeoutException } => true,
        _ => false,
    };

    /// <summary>What happened and what to do, in a sentence each; <see langword="null"/> where the database's own words must do.</summary>
    public static string? Explain(Exception failure, string table) => Find(failure) switch
    {
        PostgresException answer => Explain(answer.SqlState, table),

        // Npgsql has neither a type nor a code for a pool without a free connection.
        { InnerException: TimeoutException } => "the database did not answer in time, or every connection of the pool was in use. Find out which; "
            + "look for code that holds connections, or raise Timeout, Command Timeout or Maximum Pool Size in the connection string.",
        _ => null,
    };

    private static string? Explain(string state, string table) => state switch
    {
        PostgresErrorCodes.ReadOnlySqlTransaction => "the database is read-only. Connect to the primary, or end its recovery or its default_transaction_read_only.",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName => $"the table {table} does not exist. Apply the app's migrations, and check search_path.",
        PostgresErrorCodes.UndefinedColumn => $"a column of {table} is missing. Apply the app's migrations.",
        PostgresErrorCodes.InvalidColumnReference => $"{table} has no primary key or unique index on provider, user id, connection and tenant. Apply the app's migrations.",
        PostgresErrorCodes.InsufficientPrivilege => $"the database user may not read and write {table}. GRANT SELECT, INSERT, UPDATE, DELETE on it.",
        PostgresErrorCodes.QueryCanceled => "the statement was cancelled, most likely by statement_timeout. Find out what locks or slows the table, or raise the timeout.",
        PostgresErrorCodes.LockNotAvailable => "another transaction kept the row locked for longer than lock_timeout. Find out which one.",
        PostgresErrorCodes.DiskFull => "the database's disk is full. Make room.",
        PostgresErrorCodes.TooManyConnections => "the database takes no more connections. Lower Maximum Pool Size in the app's connection strings, or raise max_connections.",
        PostgresErrorCodes.InvalidCatalogName => "there is no such database. Check the connection string.",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => "the database refused user or password. Check the connection string.",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => "the database is shutting down or starting. It is tried again.",
        _ => null,
    };

    private static NpgsqlException? Find(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is NpgsqlException error)
                return error;
        }

        return null;
    }
}
