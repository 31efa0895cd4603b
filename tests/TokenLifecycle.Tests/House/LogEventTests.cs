using System.Reflection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>An operator's filters and alerts go by event ids: they are unique, and each is explained.</summary>
public sealed class LogEventTests
{
    private static readonly Dictionary<string, (int First, int Last)> Ranges = new()
    {
        ["TokenLifecycle"] = (1, 99),
        ["TokenLifecycle.AspNetCore"] = (101, 199),
        ["TokenLifecycle.EntityFramework.PostgreSql"] = (201, 219),
        ["TokenLifecycle.EntityFramework"] = (220, 299),
        ["TokenLifecycle.Redis"] = (301, 399),
        ["TokenLifecycle.Providers"] = (501, 599),
    };

    [Fact]
    public void Every_event_stands_in_the_docs_with_its_level_and_its_name() =>
        ObservingPage.Events.Should().BeEquivalentTo(Events().Select(static found => (found.Event.EventId, found.Event.Level.ToString(), NameOf(found.Method, found.Event))));

    [Fact]
    public void An_event_id_is_used_once_in_all_packages_and_within_the_range_of_its_package()
    {
        Events().Select(static found => found.Event.EventId).Should().OnlyHaveUniqueItems();
        Events().Should().OnlyContain(static found => Ranges.ContainsKey(found.Package) && found.Event.EventId >= Ranges[found.Package].First && found.Event.EventId <= Ranges[found.Package].Last);
    }

    [Fact]
    public void No_event_takes_a_key_as_it_is_for_it_names_the_user() =>
        Events().Where(static found => found.Method.GetParameters().Any(static parameter => parameter.ParameterType == typeof(TokenKey))).Select(static found => found.Method.Name).Should().BeEmpty();

    private static IEnumerable<(string Package, MethodInfo Method, LoggerMessageAttribute Event)> Events() =>
        from package in ShippedAssemblies.Names
        from type in Assembly.Load(package).GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let found = method.GetCustomAttribute<LoggerMessageAttribute>()
        where found is not null
        select (package, method, found);

    private static string NameOf(MethodInfo method, LoggerMessageAttribute found) => found.EventName ?? method.Name;
}
