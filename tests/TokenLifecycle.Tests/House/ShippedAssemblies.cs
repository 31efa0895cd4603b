using System.Reflection;

namespace TokenLifecycle.Tests.House;

/// <summary>The assemblies of <c>src/</c> that hold code.</summary>
internal static class ShippedAssemblies
{
    public static IReadOnlyList<string> Names { get; } = [.. SourceFile.All.Select(static file => file.Package).Distinct()];

    public static IEnumerable<Type> PublicTypes(string package) => Assembly.Load(package).GetExportedTypes();
}
