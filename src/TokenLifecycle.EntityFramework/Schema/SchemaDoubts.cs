using System.Data.Common;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>Distinguishes errors that a changed table may have caused from temporary ones.</summary>
internal static class SchemaDoubts
{
    // SQL:2023, 24.1: syntax or access rule, invalid schema name, invalid transaction state (read-only), data, integrity.
    private static readonly string[] Classes = ["42", "3F", "25", "22", "23"];

    public static bool AreRaisedBy(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            // A value of another type than the model's fails when it is read, not in the database.
            if (failure is InvalidCastException)
                return true;
            if (failure is DbException database)
                return database.SqlState is { Length: >= 2 } state ? Classes.Contains(state[..2], StringComparer.Ordinal) : !database.IsTransient;
        }

        return false;
    }
}
