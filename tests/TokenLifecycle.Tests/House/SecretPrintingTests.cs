using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>Whoever holds a secret does not show it by accident: in a log, a debugger, a serialized status.</summary>
public sealed class SecretPrintingTests
{
    public static TheoryData<Type> Types => new(ShippedAssemblies.Names.SelectMany(ShippedAssemblies.PublicTypes).Where(static type => !type.IsEnum && !type.IsInterface && !type.IsGenericTypeDefinition));

    public static TheoryData<Type> Holders => new(HolderTypes);

    private static IEnumerable<Type> HolderTypes => ShippedAssemblies.Names.SelectMany(ShippedAssemblies.PublicTypes).Where(static type => Secrets(type).Any());

    [Theory]
    [MemberData(nameof(Types))]
    public void LG_2_Neither_ToString_nor_JSON_shows_a_secret(Type type)
    {
        if (Secrets(type).Any() && type != typeof(Testing.SimulatedAuthorizationServer)) // It must be started, and its debugger display is checked below.
            Specimen.Of(type).Should().NotBeNull("a holder of secrets that cannot be made here cannot be checked here");
        if (type.IsAbstract || Specimen.Of(type) is not { } specimen)
            return;

        specimen.ToString().Should().NotContain(Canary.Mark);
        Json(specimen).Should().NotContain(Canary.Mark);
    }

    [Theory]
    [MemberData(nameof(Holders))]
    public void LG_2_A_debugger_does_not_show_a_secret(Type type)
    {
        IEnumerable<string> shown = Secrets(type)
            .Where(static property => property.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State != DebuggerBrowsableState.Never)
            .Select(static property => property.Name);

        shown.Should().BeEmpty("the property needs [DebuggerBrowsable(Never)]");
        type.GetCustomAttribute<DebuggerDisplayAttribute>().Should().NotBeNull("the type needs a [DebuggerDisplay] of its own");
    }

    [Fact]
    public void LG_2_The_rule_finds_the_holders_of_secrets() =>
        HolderTypes.Should().Contain([typeof(AccessToken), typeof(TokenSet)]);

    private static IEnumerable<PropertyInfo> Secrets(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.PropertyType == typeof(string) && Specimen.IsSecret(type, property.Name));

    private static string Json(object specimen)
    {
        try
        {
            return JsonSerializer.Serialize(specimen, specimen.GetType());
        }
        catch (Exception refused) when (refused is NotSupportedException or InvalidOperationException)
        {
            // What cannot be written shows nothing: the serializer refuses a member that is required and ignored.
            return "";
        }
    }
}
