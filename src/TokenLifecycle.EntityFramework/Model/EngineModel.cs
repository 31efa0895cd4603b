using Microsoft.EntityFrameworkCore;

namespace TokenLifecycle.EntityFramework.Model;

/// <summary>
/// What the columns need on an engine so that keys are compared ordinally, and times keep their fractions and their zone.
/// </summary>
/// <param name="Collation">A collation that compares ordinally; <see langword="null"/> where the default one does, or is unknown.</param>
/// <param name="TimeType">The type of a time; <see langword="null"/> for the provider's own.</param>
/// <param name="CollationAnnotation">Where the provider looks for the collation of a column, if not where EF keeps it.</param>
/// <param name="HasLimitedKeys">Whether text in a key or an index needs a length.</param>
internal sealed record EngineModel(string? Collation = null, string? TimeType = null, string? CollationAnnotation = null, bool HasLimitedKeys = false)
{
    /// <summary>Where MySQL's own provider looks for the collation of a column.</summary>
    public const string MySqlCollation = "MySQL:Collation";

    private const int MySqlIdentifierLength = 64;

    private static readonly EngineModel Any = new();
    private static readonly EngineModel PostgreSql = new("C", "timestamp with time zone");

    // A key of 3,072 bytes at most: two parts of 256 characters and two of 128, of four bytes each.
    private static readonly EngineModel MySql = new("utf8mb4_bin", "datetime(6)", MySqlCollation, HasLimitedKeys: true);

    /// <summary>
    /// Recognizes the engine that a model is built for. No provider's name is known in <c>OnModelCreating</c>: Npgsql marks the model, and
    /// those for MySQL and MariaDB only say how long a name may be. No other engine has their length.
    /// </summary>
    public static EngineModel Of(ModelBuilder model)
    {
        if (model.Model.GetAnnotations().Any(static annotation => annotation.Name.StartsWith("Npgsql:", StringComparison.Ordinal)))
            return PostgreSql;
        return model.Model.GetMaxIdentifierLength() == MySqlIdentifierLength ? MySql : Any;
    }
}
