using System.Text.RegularExpressions;

namespace TokenLifecycle.Tests.House;

/// <summary>Rooms import downwards only: whoever reads a room needs no other room above it.</summary>
public sealed class LayeringTests
{
    private const string Core = "TokenLifecycle";
    private const string RootRoom = "Tokens";
    private const string WiringRoom = "DependencyInjection";

    /// <summary>The lower rooms, which every room above them may use.</summary>
    private static readonly string[] Below = ["Protocol", "Storage", "Concurrency", "Diagnostics", "Options"];

    /// <summary>The rooms that only the core itself uses.</summary>
    private static readonly string[] Inner = ["State", "Notifications", "Refresh", "Connections", "Background"];

    // The root namespace (Tokens) is in sight of every room without a using, so Tokens is never listed.
    private static readonly Dictionary<string, string[]> MayImport = new()
    {
        ["Tokens"] = [],
        ["Options"] = [],
        ["Concurrency"] = [],
        ["Storage"] = [],
        ["Http"] = [],
        ["Diagnostics"] = ["Options"],
        ["Protocol"] = ["Diagnostics", "Options"],
        ["Providers"] = ["Concurrency", "Storage", "Protocol", "Diagnostics", "Options"],
        ["State"] = ["Providers", .. Below],
        ["Notifications"] = ["State", "Providers", .. Below],
        ["Refresh"] = ["Notifications", "State", "Providers", .. Below],
        ["Connections"] = ["Refresh", "Notifications", "State", "Providers", .. Below],
        ["Background"] = ["Refresh", "Notifications", "State", "Providers", .. Below],
        ["Health"] = ["Connections", "Notifications", "State", "Providers", .. Below],
        ["Importing"] = ["Connections", "Refresh", "State", "Providers", .. Below],
        ["DependencyInjection"] = ["Background", "Health", "Importing", "Connections", "Refresh", "Notifications", "State", "Providers", "Http", .. Below],
    };

    [Fact]
    public void Every_folder_of_the_core_is_a_room_with_a_floor() =>
        SourceFile.Of(Core).Select(static file => file.Room).Distinct().Should().BeSubsetOf(MayImport.Keys);

    [Fact]
    public void A_room_imports_only_the_rooms_below_it()
    {
        IEnumerable<string> broken =
            from file in SourceFile.Of(Core)
            from room in MayImport.Keys
            where room != file.Room && room != RootRoom && !MayImport[file.Room].Contains(room) && Mentions(file, room)
            select $"{file} imports {room}";

        broken.Should().BeEmpty();
    }

    [Fact]
    public void Tokens_and_options_know_nothing_of_each_other_but_the_words()
    {
        // Tokens share the root namespace with nobody above them, so a settings type in Tokens would need a using or a qualified name.
        SourceFile.Of(Core).Where(static file => file.Room == "Tokens").Should().OnlyContain(static file => !Mentions(file, "Options"));
    }

    [Fact]
    public void A_namespace_is_its_folder()
    {
        IEnumerable<string> broken =
            from file in SourceFile.Of(Core)
            let expected = file.Room == RootRoom ? Core : $"{Core}.{file.Room}"
            let isWiring = file.Room == WiringRoom && file.Namespace == "Microsoft.Extensions.DependencyInjection"
            where file.Namespace != expected && !isWiring
            select $"{file} is in the namespace {file.Namespace}";

        broken.Should().BeEmpty();
    }

    [Fact]
    public void The_other_packages_use_no_room_that_refreshes()
    {
        IEnumerable<string> broken = SourceFile.All.Where(static file => file.Package != Core && Inner.Any(room => Mentions(file, room))).Select(static file => file.Name);

        broken.Should().BeEmpty();
    }

    [Theory]
    [InlineData("using TokenLifecycle.Storage;\n", true)]
    [InlineData("using Row = TokenLifecycle.Storage.StoredToken;\n", true)]
    [InlineData("var row = TokenLifecycle.Storage.StoredToken.None;\n", true)]
    [InlineData("Storage.StoredToken? row = null;\n", true)]
    [InlineData("var row = options.Storage.Path;\n", false)]
    public void The_rule_sees_an_import_however_it_is_written(string code, bool isImport) =>
        Import("Storage").IsMatch(code).Should().Be(isImport);

    private static bool Mentions(SourceFile file, string room) => Import(room).IsMatch(file.Code);

    // Inside the namespace TokenLifecycle a room's type can be named without a using: Storage.StoredToken.
    private static Regex Import(string room)
    {
        IEnumerable<string> types = SourceFile.Of(Core).Where(file => file.Room == room).Select(static file => Path.GetFileNameWithoutExtension(file.Name));
        return new Regex($@"\b{Core}\.{room}\b(?<!^namespace .*)|(?<!\.)\b{room}\.(?:{string.Join('|', types)})\b", RegexOptions.Multiline);
    }
}
