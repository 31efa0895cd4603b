using System.Data.Common;

namespace TokenLifecycle.EntityFramework.Engines;

/// <summary>What ADO.NET itself says of an error on every engine: the SQLSTATE, and whether it is transient.</summary>
internal static class StandardErrors
{
    /// <summary>
    /// Returns whether the connection failed: class 08 of SQLSTATE, or an error without a code that the driver reports as transient, unless
    /// it is a timeout.
    /// </summary>
    public static bool IsConnectionBroken(Exception? failure) => Find(failure) switch
    {
        null => false,
        { SqlState: { } state } => state.StartsWith("08", StringComparison.Ordinal),
        { } error => error.IsTransient && error.InnerException is not TimeoutException,
    };

    /// <summary>Returns the SQLSTATE of an error; <see langword="null"/> if it has none.</summary>
    public static string? StateOf(Exception? failure) => Find(failure)?.SqlState;

    private static DbException? Find(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is DbException error)
                return error;
        }

        return null;
    }
}
