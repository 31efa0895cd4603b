using System.Reflection;

namespace TokenLifecycle.Tests.House;

/// <summary>Types as C# writes them, with what may be null.</summary>
internal static class ApiTypeName
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(object)] = "object",
    };

    private static readonly NullabilityInfoContext Nullability = new();

    public static string Of(ParameterInfo parameter) => (parameter.IsOut ? "out " : "") + Locked(() => Nullability.Create(parameter));

    public static string Of(PropertyInfo property) => Locked(() => Nullability.Create(property));

    public static string Of(FieldInfo field) => Locked(() => Nullability.Create(field));

    public static string Of(Type type) => Of(type, nullability: null);

    private static string Locked(Func<NullabilityInfo> read)
    {
        // The context is not made for two threads, and test collections run side by side.
        lock (Nullability)
        {
            NullabilityInfo info = read();
            return Of(info.Type, info);
        }
    }

    private static string Of(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef)
            return Of(type.GetElementType()!, nullability?.ElementType);
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Of(underlying, nullability: null) + "?";

        string mark = !type.IsValueType && nullability is not null && (nullability.ReadState == NullabilityState.Nullable || nullability.WriteState == NullabilityState.Nullable) ? "?" : "";
        if (type.IsArray)
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        return Plain(type, nullability) + mark;
    }

    private static string Plain(Type type, NullabilityInfo? nullability)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
            return keyword;
        if (type.IsGenericParameter)
            return type.Name;

        bool isOurs = type.Namespace?.StartsWith(nameof(TokenLifecycle), StringComparison.Ordinal) == true;
        string name = isOurs || type.IsNested ? type.FullName ?? $"{type.Namespace}.{type.Name}" : type.Name;
        if (!type.IsGenericType)
            return name.Replace('+', '.');

        NullabilityInfo[] inner = nullability?.GenericTypeArguments ?? [];
        IEnumerable<string> arguments = type.GetGenericArguments().Select((argument, i) => Of(argument, i < inner.Length ? inner[i] : null));
        return $"{name.Split('`')[0]}<{string.Join(", ", arguments)}>";
    }
}
