using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace TokenLifecycle.EntityFramework.Model;

/// <summary>Maps one property to its column.</summary>
/// <param name="Name">The property.</param>
/// <param name="Column">The name of its column.</param>
/// <param name="ClrType">Its type; times are UTC.</param>
/// <param name="IsRequired">Whether the column may not be NULL.</param>
internal sealed record RowColumn(string Name, string Column, Type ClrType, bool IsRequired)
{
    /// <summary>
    /// The length of a text that is part of a key, where it needs one; <see langword="null"/> for a text that no row is found by.
    /// </summary>
    public int? KeyLength { get; init; }

    /// <summary>The app's conventions for text and times don't apply here: a token that is cut or converted is lost.</summary>
    /// <param name="property">The property of the entity.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="keyCollation">The collation that the app wants for keys.</param>
    public void Map(PropertyBuilder property, EngineModel engine, string? keyCollation)
    {
        IMutableProperty column = property.HasColumnName(Column).IsRequired(IsRequired).ValueGeneratedNever().Metadata;
        column.SetMaxLength(engine.HasLimitedKeys ? KeyLength : null);
        column.SetValueConverter((ValueConverter?)null);
        column.SetProviderClrType(null);
        column.SetPrecision(null);
        column.SetColumnType((Nullable.GetUnderlyingType(ClrType) ?? ClrType) == typeof(DateTime) ? engine.TimeType : null);
        if (ClrType != typeof(string))
            return;

        string? collation = KeyLength is null ? null : keyCollation ?? engine.Collation;
        column.SetIsUnicode(true);
        column.SetCollation(collation);
        if (engine.CollationAnnotation is { } annotation)
            column.SetAnnotation(annotation, collation);
    }
}
