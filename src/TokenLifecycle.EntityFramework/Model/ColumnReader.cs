using System.Data.Common;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace TokenLifecycle.EntityFramework.Model;

/// <summary>
/// Reads a column as EF does: asks the driver for the type that the model's mapping names, and converts it where the app's conventions
/// require it.
/// </summary>
internal sealed class ColumnReader
{
    private readonly Func<DbDataReader, int, object> _read;
    private readonly ValueConverter? _converter;

    private ColumnReader(Func<DbDataReader, int, object> read, ValueConverter? converter) => (_read, _converter) = (read, converter);

    public static ColumnReader Of(RelationalTypeMapping mapping)
    {
        Type type = mapping.Converter?.ProviderClrType ?? mapping.ClrType;
        Func<DbDataReader, int, object> read = Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
        {
            TypeCode.String => static (reader, column) => reader.GetString(column),
            TypeCode.DateTime => static (reader, column) => reader.GetFieldValue<DateTime>(column),
            TypeCode.Int64 => static (reader, column) => reader.GetInt64(column),
            TypeCode.Int32 => static (reader, column) => reader.GetInt32(column),
            _ when type == typeof(Guid) || type == typeof(Guid?) => static (reader, column) => reader.GetGuid(column),
            _ => static (reader, column) => reader.GetValue(column), // What the app's conventions chose.
        };
        return new ColumnReader(read, mapping.Converter);
    }

    /// <summary>The value of a column that is not null.</summary>
    public object? Read(DbDataReader reader, int column)
    {
        object value = _read(reader, column);
        return _converter is null ? value : _converter.ConvertFromProvider(value);
    }
}
