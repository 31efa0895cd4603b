using System.Globalization;
using System.Reflection;
using System.Text;

namespace TokenLifecycle.Tests.House;

/// <summary>Writes the public face of an assembly, one member a line, in an order that does not depend on the source.</summary>
internal static class PublicApiListing
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(string package)
    {
        var text = new StringBuilder();
        foreach (Type type in ShippedAssemblies.PublicTypes(package).OrderBy(static type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Kind(type)} {ApiTypeName.Of(type)}{Bases(type)}\n");
            foreach (string member in Members(type).Order(StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"  {member}\n");
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Kind(Type type)
    {
        if (type.IsEnum)
            return "enum";
        if (type.IsInterface)
            return "interface";
        if (type.IsValueType)
            return "struct";
        if (type.IsAbstract && type.IsSealed)
            return "static class";
        return type.IsSealed ? "sealed class" : "abstract class";
    }

    private static string Bases(Type type)
    {
        IEnumerable<Type> faces = type.GetInterfaces().Where(static face => face.IsPublic).OrderBy(static face => face.FullName, StringComparer.Ordinal);
        Type[] all = [.. type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum) ? [parent] : Array.Empty<Type>(), .. type.IsEnum ? [] : faces];
        return all.Length == 0 ? "" : $" : {string.Join(", ", all.Select(static one => ApiTypeName.Of(one)))}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return Enum.GetValues(type).Cast<object>().Select(static value => $"{Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString("D3", CultureInfo.InvariantCulture)} {value}");

        return
        [
            .. type.GetConstructors(Declared).Where(IsSeen).Select(static one => $"new({Parameters(one)})"),
            .. type.GetFields(Declared).Where(static one => one.IsPublic || one.IsFamily).Select(static one => one.IsLiteral ? $"const {ApiTypeName.Of(one)} {one.Name} = {one.GetRawConstantValue()}" : $"field {ApiTypeName.Of(one)} {one.Name}"),
            .. type.GetProperties(Declared).Where(static one => one.GetAccessors(nonPublic: true).Any(IsSeen)).Select(Property),
            .. type.GetMethods(Declared).Where(static one => IsSeen(one) && (!one.IsSpecialName || one.Name.StartsWith("op_", StringComparison.Ordinal))).Select(Method),
            .. type.GetEvents(Declared).Where(static one => one.AddMethod is { } add && IsSeen(add)).Select(static one => $"event {one.Name}"),
        ];
    }

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Property(PropertyInfo property)
    {
        bool isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Length > 0;
        string setter = property.SetMethod is { } set && IsSeen(set) ? (isInit ? " init;" : " set;") : "";
        string required = property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)) ? "required " : "";
        return $"{Static(property.GetMethod ?? property.SetMethod!)}{required}{ApiTypeName.Of(property)} {property.Name} {{ get;{setter} }}";
    }

    private static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(static one => one.Name))}>" : "";
        string extension = method.IsDefined(typeof(System.Runtime.CompilerServices.ExtensionAttribute)) ? "this " : "";
        return $"{Static(method)}{ApiTypeName.Of(method.ReturnParameter)} {method.Name}{generic}({extension}{Parameters(method)})";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(static one => $"{ApiTypeName.Of(one)} {one.Name}{Default(one)}"));

    private static string Default(ParameterInfo parameter)
    {
        if (!parameter.HasDefaultValue)
            return "";
        return parameter.DefaultValue switch
        {
            null => parameter.ParameterType.IsValueType ? " = default" : " = null",
            string word => $" = \"{word}\"",
            bool yes => yes ? " = true" : " = false",
            var value => string.Create(CultureInfo.InvariantCulture, $" = {value}"),
        };
    }

    private static string Static(MethodInfo method) => method.IsStatic ? "static " : "";
}
