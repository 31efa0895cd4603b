using System.IO.Compression;
using System.Xml.Linq;

namespace CheckPackages;

/// <summary>Compares a package with its sources.</summary>
internal sealed class PackageFile : IDisposable
{
    // The files of the container format, which every package has.
    private static readonly string[] Papers = ["_rels/", "[Content_Types].xml", "package/services/metadata/core-properties/"];

    private readonly string _root;
    private readonly string _id;
    private readonly string _version;
    private readonly string _file;
    private readonly ZipArchive _zip;

    public PackageFile(string root, string id, string version)
    {
        (_root, _id, _version) = (root, id, version);
        _file = Path.Combine(root, "artifacts", "packages", $"{id}.{version}.nupkg");
        _zip = ZipFile.OpenRead(_file);
    }

    private string Source => Path.Combine(_root, "src", _id);

    /// <returns>Whether the package states the address of its repository.</returns>
    public bool Check(Report report, string commit)
    {
        string library = $"lib/net10.0/{_id}";
        string[] expected = [$"{_id}.nuspec", "LICENSE", "README.md", "icon.png", $"{library}.dll", $"{library}.xml"];
        string[] held = [.. _zip.Entries.Select(static entry => entry.FullName).Where(static name => !Papers.Any(paper => name.StartsWith(paper, StringComparison.Ordinal)))];
        report.Check(!expected.Except(held).Any(), $"{_id} does not contain {string.Join(", ", expected.Except(held))}");
        report.Check(!held.Except(expected).Any(), $"{_id} also contains {string.Join(", ", held.Except(expected))}");
        if (expected.Except(held).Any())
            return false;

        report.Check(Read("README.md").SequenceEqual(File.ReadAllBytes(Path.Combine(Source, "README.md"))), $"{_id}: the readme is not that of src/{_id}");
        report.Check(Read("LICENSE").SequenceEqual(File.ReadAllBytes(Path.Combine(_root, "LICENSE"))), $"{_id}: the license is not that of the repository");
        report.Check(Read("icon.png").AsSpan(1, 3).SequenceEqual("PNG"u8), $"{_id}: the icon is not a PNG file");
        int documented = XDocument.Load(new MemoryStream(Read($"{library}.xml"))).Descendants("member").Count();
        report.Check(documented > 0, $"{_id}: the XML file documents nothing");

        XElement metadata = Metadata();
        CheckMetadata(report, metadata, commit);
        CheckDependencies(report, metadata);

        var symbols = Symbols.Of(Read($"{library}.dll"));
        report.Check(symbols.Documents.Count > 0, $"{_id}: the assembly contains no symbols");
        string[] foreign = [.. symbols.Documents.Where(static document => !document.StartsWith("/_/", StringComparison.Ordinal))];
        report.Check(foreign.Length == 0, $"{_id}: the symbols contain a path of this machine: {foreign.FirstOrDefault()}");
        bool hasAddress = metadata.Element(Name(metadata, "repository"))?.Attribute("url") is not null;
        report.Check(symbols.HasSourceLink == hasAddress, $"{_id}: the repository's address is {(hasAddress ? "known, but the symbols have no source link" : "unknown, but the symbols have a source link")}");
        report.Step($"{_id}: {new FileInfo(_file).Length / 1024} KB, {documented} documented members, symbols of {symbols.Documents.Count} files{(hasAddress ? ", with source link" : "")}");
        return hasAddress;
    }

    public void Dispose() => _zip.Dispose();

    private void CheckMetadata(Report report, XElement metadata, string commit)
    {
        foreach ((string name, string value) in new[] { ("id", _id), ("version", _version), ("license", "MIT"), ("icon", "icon.png"), ("readme", "README.md") })
            report.Check(Text(metadata, name) == value, $"{_id}: {name} is \"{Text(metadata, name)}\", not \"{value}\"");
        foreach (string name in new[] { "description", "tags", "authors" })
            report.Check(Text(metadata, name).Length > 0, $"{_id}: there is no {name}");
        string built = metadata.Element(Name(metadata, "repository"))?.Attribute("commit")?.Value ?? "";
        report.Check(built == commit, $"{_id}: it names commit \"{built}\", not {commit}");
    }

    // Only the dependencies of the project file, with the ranges of Directory.Packages.props.
    private void CheckDependencies(Report report, XElement metadata)
    {
        var project = XDocument.Load(Path.Combine(Source, $"{_id}.csproj"));
        var ranges = XDocument.Load(Path.Combine(_root, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(static version => version.Attribute("Include")!.Value, static version => version.Attribute("Version")!.Value, StringComparer.Ordinal);
        string[] meant =
        [
            .. project.Descendants("ProjectReference").Select(sibling => $"{Path.GetFileNameWithoutExtension(sibling.Attribute("Include")!.Value)} [{_version}]"),
            .. project.Descendants("PackageReference").Select(static package => package.Attribute("Include")!.Value).Select(id => $"{id} {ranges[id]}"),
        ];
        string[] named = [.. metadata.Descendants(Name(metadata, "dependency")).Select(static dependency => $"{dependency.Attribute("id")!.Value} {dependency.Attribute("version")!.Value}")];
        report.Check(named.Order(StringComparer.Ordinal).SequenceEqual(meant.Order(StringComparer.Ordinal)), $"{_id} depends on {string.Join(", ", named)}; expected {string.Join(", ", meant)}");
    }

    private XElement Metadata()
    {
        XElement package = XDocument.Load(new MemoryStream(Read($"{_id}.nuspec"))).Root!;
        return package.Element(Name(package, "metadata"))!;
    }

    private byte[] Read(string name)
    {
        using Stream entry = _zip.GetEntry(name)!.Open();
        using var copy = new MemoryStream();
        entry.CopyTo(copy);
        return copy.ToArray();
    }

    private static string Text(XElement metadata, string name) => metadata.Element(Name(metadata, name))?.Value ?? "";

    private static XName Name(XElement near, string name) => near.Name.Namespace + name;
}
