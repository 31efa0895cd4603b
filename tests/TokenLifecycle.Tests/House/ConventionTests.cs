using System.Reflection;

namespace TokenLifecycle.Tests.House;

/// <summary>What every public type and every file has in common.</summary>
public sealed class ConventionTests
{
    private const int MostLines = 200;

    private static readonly Dictionary<string, string> LongFiles = new()
    {
        ["TokenLifecycle/Options/OAuthProviderOptions.cs"] = "one flat list of settings: each is one configuration key",
        ["TokenLifecycle.Providers/TokenLifecycleProviderCatalogExtensions.cs"] = "generated from one data file for each provider",
    };

    public static TheoryData<string> Packages => new(ShippedAssemblies.Names);

    [Fact]
    public void A_file_has_one_public_type_and_its_name()
    {
        IEnumerable<string> broken =
            from file in SourceFile.All
            where file.PublicTypes.Count > 1 || (file.PublicTypes.Count == 1 && file.PublicTypes[0] != Path.GetFileNameWithoutExtension(file.Name).Split('.')[0])
            select $"{file} holds {string.Join(", ", file.PublicTypes)}";

        broken.Should().BeEmpty();
    }

    [Fact]
    public void A_file_is_short_or_has_a_reason()
    {
        IEnumerable<string> broken = SourceFile.All.Where(static file => file.Lines > MostLines && !LongFiles.ContainsKey(file.Name)).Select(static file => $"{file} has {file.Lines} lines");

        broken.Should().BeEmpty("a file of more than {0} lines has more than one purpose, or a reason in {1}", MostLines, nameof(LongFiles));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_public_class_is_sealed_static_or_abstract(string package)
    {
        IEnumerable<string> broken = ShippedAssemblies.PublicTypes(package).Where(static type => type.IsClass && !type.IsSealed && !type.IsAbstract && IsOpen(type)).Select(static type => type.FullName!);

        broken.Should().BeEmpty("nothing here was designed to be inherited");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_public_asynchronous_method_says_so_and_can_be_cancelled(string package)
    {
        IEnumerable<string> broken =
            from type in ShippedAssemblies.PublicTypes(package)
            from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where IsAwaitable(method.ReturnType) && !method.IsSpecialName && !IsForeign(type, method)
            where !method.Name.EndsWith("Async", StringComparison.Ordinal) || method.GetParameters().LastOrDefault()?.ParameterType != typeof(CancellationToken)
            select $"{type.FullName}.{method.Name}";

        broken.Should().BeEmpty("the name ends in Async and the last parameter is a CancellationToken");
    }

    /// <summary>Whether somebody outside could inherit from it.</summary>
    private static bool IsOpen(Type type) =>
        type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).Any(static constructor => constructor.IsPublic || constructor.IsFamily || constructor.IsFamilyOrAssembly);

    private static bool IsAwaitable(Type type) =>
        type == typeof(Task) || type == typeof(ValueTask)
        || (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)));

    // Somebody else wrote the signature: an override, or the implementation of a framework's interface such as IAsyncDisposable.
    private static bool IsForeign(Type type, MethodInfo method)
    {
        if (method.GetBaseDefinition() != method)
            return true;
        return !type.IsInterface && type.GetInterfaces()
            .Where(static face => !ShippedAssemblies.Names.Contains(face.Assembly.GetName().Name))
            .Any(face => type.GetInterfaceMap(face).TargetMethods.Contains(method));
    }
}
