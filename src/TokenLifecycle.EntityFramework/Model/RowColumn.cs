using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace TokenLifecycle.EntityFramework.Model;

/// <summary>Maps one property of a property bag to its column.</summary>
internal static class RowColumn
{
    /// <summary>
    /// Whether the model is built for PostgreSQL. The provider marks it before OnModelCreating; nothing else identifies the engine there.
    /// </summary>
    public static bool IsForPostgreSql(ModelBuilder model) =>
        model.Model.GetAnnotations().Any(static annotation => annotation.Name.StartsWith("Npgsql:", StringComparison.Ordinal));

    /// <summary>The app's conventions for text and times don't apply here: a token that is cut or converted is lost.</summary>
    public static void Add(
        EntityTypeBuilder<Dictionary<string, object>> row, string name, string columnName, Type clrType, bool isRequired, bool isPostgreSql, string? collation)
    {
        IMutableProperty column = row.IndexerProperty(clrType, name).HasColumnName(columnName).IsRequired(isRequired).ValueGeneratedNever().Metadata;
        column.SetMaxLength(null);
        column.SetValueConverter((ValueConverter?)null);
        column.SetProviderClrType(null);
        column.SetPrecision(null);
        column.SetColumnType(isPostgreSql && (Nullable.GetUnderlyingType(clrType) ?? clrType) == typeof(DateTime) ? "timestamp with time zone" : null);
        if (clrType != typeof(string))
            return;

        column.SetIsUnicode(true);
        column.SetCollation(collation);
    }
}
