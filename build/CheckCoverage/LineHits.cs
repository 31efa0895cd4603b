using System.Globalization;
using System.Xml.Linq;

namespace CheckCoverage;

/// <summary>The lines that ran in any of the test projects, by file.</summary>
internal sealed class LineHits
{
    private readonly SortedDictionary<string, SortedDictionary<int, bool>> _files = new(StringComparer.Ordinal);

    public void Read(string report, string root)
    {
        XDocument document = XDocument.Load(report);
        string[] sources = [.. document.Descendants("source").Select(static source => source.Value)];
        foreach (XElement type in document.Descendants("class"))
        {
            string file = Relative(type.Attribute("filename")!.Value, sources, root);
            if (!_files.TryGetValue(file, out SortedDictionary<int, bool>? lines))
                _files[file] = lines = [];
            foreach (XElement line in type.Element("lines")!.Elements("line"))
            {
                int number = int.Parse(line.Attribute("number")!.Value, CultureInfo.InvariantCulture);
                lines[number] = lines.GetValueOrDefault(number) || line.Attribute("hits")!.Value != "0";
            }
        }
    }

    public IEnumerable<KeyValuePair<string, SortedDictionary<int, bool>>> Under(string folder) =>
        _files.Where(file => file.Key.StartsWith(folder + "/", StringComparison.Ordinal) && !file.Key.Contains("/obj/", StringComparison.Ordinal));

    private static string Relative(string file, string[] sources, string root)
    {
        // A deterministic build, as on CI, writes the repository's root as /_/.
        if (file.StartsWith("/_/", StringComparison.Ordinal))
            return file[3..];

        string full = Path.IsPathRooted(file)
            ? file
            : sources.Select(source => Path.Combine(source, file)).FirstOrDefault(File.Exists) ?? Path.Combine(root, file);
        return Path.GetRelativePath(root, full).Replace('\\', '/');
    }
}
