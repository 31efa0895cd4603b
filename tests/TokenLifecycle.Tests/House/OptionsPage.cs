using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace TokenLifecycle.Tests.House;

/// <summary>The list of every option as the library itself has it: names by reflection, defaults from an instance, words from the XML docs.</summary>
internal static partial class OptionsPage
{
    private const string Head = """
        # Options

        This page lists every option with its default. To see where settings come from and how to set them, read [Settings](settings.md). A test
        generates the page from the code. Times are `TimeSpan`, in configuration as `hh:mm:ss` or `d.hh:mm:ss`. A key in configuration is the name
        of the property.

        """;

    /// <summary>All public types of settings: those named so, and what they hold.</summary>
    public static IReadOnlyList<Type> Types { get; } =
    [
        .. ShippedAssemblies.Names.Order(StringComparer.Ordinal).SelectMany(ShippedAssemblies.PublicTypes)
            .Where(static type => type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal))
            .SelectMany(static type => new[] { type }.Concat(Parts(type))).Distinct(),
    ];

    public static string Write()
    {
        var page = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (IGrouping<string, Type> package in Types.GroupBy(static type => type.Assembly.GetName().Name!))
        {
            Dictionary<string, XElement> words = WordsOf(package.Key);
            page.Append(CultureInfo.InvariantCulture, $"\n## {package.Key}\n");
            foreach (Type type in package)
            {
                page.Append(CultureInfo.InvariantCulture, $"\n### {type.Name}\n\n{Text(words[$"T:{type.FullName}"].Element("summary"), type)}\n\n| option | default | |\n| --- | --- | --- |\n");
                object instance = Activator.CreateInstance(type)!;
                foreach (PropertyInfo option in OptionsOf(type))
                    page.Append(CultureInfo.InvariantCulture, $"| `{option.Name}` | {Literal(option.GetValue(instance))} | {Meaning(option, words[$"P:{type.FullName}.{option.Name}"])} |\n");
            }
        }

        return page.ToString();
    }

    private static IEnumerable<PropertyInfo> OptionsOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(static option => option.MetadataToken);

    private static IEnumerable<Type> Parts(Type type) =>
        from option in OptionsOf(type)
        where !typeof(Delegate).IsAssignableFrom(option.PropertyType)
        from part in option.PropertyType.GetGenericArguments().Append(option.PropertyType)
        where part.IsClass && ShippedAssemblies.Names.Contains(part.Assembly.GetName().Name)
        select part;

    private static string Meaning(PropertyInfo option, XElement words)
    {
        string meaning = Text(words.Element("summary"), option.DeclaringType!);
        string value = Text(words.Element("value"), option.DeclaringType!);

        // "The default value is null: the token endpoint." The value itself stands in its own column.
        if (Explained().Match(value) is { Success: true } explained)
            meaning += $" By default {explained.Groups["what"].Value}";
        Type type = Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;
        if (type.IsEnum)
            meaning += $" One of {string.Join(", ", Enum.GetNames(type).Select(static name => $"`{name}`"))}.";
        return meaning.Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static string Literal(object? value) => value switch
    {
        null => "–",
        "" => "empty",
        string text => $"`\"{text}\"`",
        bool flag => flag ? "`true`" : "`false`",
        TimeProvider => "`TimeProvider.System`",
        IEnumerable list when !list.Cast<object>().Any() => "empty",
        IFormattable number => $"`{number.ToString(format: null, CultureInfo.InvariantCulture)}`",
        _ => $"[its own](#{value.GetType().Name.ToLowerInvariant()})",
    };

    private static string Text(XElement? words, Type within) => words is null ? "" : Spaces().Replace(string.Concat(words.Nodes().Select(node => Text(node, within))), " ").Trim();

    private static string Text(XNode node, Type within) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see => $"`{see.Attribute("langword")?.Value ?? NameOf(Parameters().Replace(see.Attribute("cref")!.Value, "").Split('.'), within)}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        _ => "",
    };

    /// <summary>An option of another type is named with that type, for several have the same name.</summary>
    private static string NameOf(string[] reference, Type within) =>
        reference[0].StartsWith("P:", StringComparison.Ordinal) && reference[^2] != within.Name ? $"{reference[^2]}.{reference[^1]}" : reference[^1];

    private static Dictionary<string, XElement> WordsOf(string package) =>
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, package + ".xml")).Descendants("member").ToDictionary(static member => member.Attribute("name")!.Value, StringComparer.Ordinal);

    [GeneratedRegex(@"^The default value is [^:.]+: (?<what>.+)$", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Explained();

    [GeneratedRegex(@"\(.*\)$", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Parameters();

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Spaces();
}
