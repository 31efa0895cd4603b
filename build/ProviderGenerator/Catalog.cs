namespace ProviderGenerator;

/// <summary>All data files, and the files that are written from them.</summary>
internal sealed class Catalog
{
    private const string Code = "src/TokenLifecycle.Providers/" + CodeWriter.TypeName + ".cs";
    private const string Pages = "docs/providers";

    private readonly string _root;

    private Catalog(string root, IReadOnlyList<ProviderFile> providers, IReadOnlyList<string> problems) => (_root, Providers, Problems) = (root, providers, problems);

    public IReadOnlyList<ProviderFile> Providers { get; }

    public IReadOnlyList<string> Problems { get; }

    public int Facts => Providers.Sum(static p => p.ValuedFacts.Count());

    public int FactsWithSource => Providers.Sum(static p => p.ValuedFacts.Count(static fact => fact.Sources.Count > 0));

    public int Unknown => Providers.Sum(static p => p.Facts.Values.Count(static fact => fact.Value is null));

    public static Catalog Read(string root)
    {
        var problems = new List<string>();
        var reader = new ProviderReader(problems);
        string[] paths = [.. Directory.EnumerateFiles(Path.Combine(root, "src/TokenLifecycle.Providers/Data"), "*.json").Order(StringComparer.Ordinal)];
        ProviderFile[] providers = [.. paths.Select(reader.Read).OfType<ProviderFile>()];
        foreach (IGrouping<string, ProviderFile> twice in providers.GroupBy(static p => p.Method, StringComparer.Ordinal).Where(static group => group.Count() > 1))
            problems.Add($"Add{twice.Key} is declared by {string.Join(" and ", twice.Select(static p => p.Name))}");
        return new Catalog(root, providers, problems);
    }

    /// <summary>The generated files by path from the repository's root.</summary>
    public IReadOnlyDictionary<string, string> Generate()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Code] = CodeWriter.Write(Providers), [$"{Pages}/README.md"] = IndexWriter.Write(Providers) };
        foreach (ProviderFile provider in Providers)
            files[$"{Pages}/{provider.Name}.md"] = PageWriter.Write(provider);
        return files;
    }

    public void Write()
    {
        IReadOnlyDictionary<string, string> files = Generate();
        Directory.CreateDirectory(Path.Combine(_root, Pages));
        foreach ((string path, string text) in files)
            File.WriteAllText(Path.Combine(_root, path), text);
        foreach (string page in Surplus(files))
            File.Delete(page);
    }

    /// <summary>What differs from the data files.</summary>
    public IEnumerable<string> Differences()
    {
        IReadOnlyDictionary<string, string> files = Generate();
        foreach ((string path, string text) in files)
        {
            string full = Path.Combine(_root, path);
            if (!File.Exists(full) || File.ReadAllText(full).ReplaceLineEndings("\n") != text)
                yield return $"{path} is not what the data files say; run build/providers.sh --generate";
        }

        foreach (string page in Surplus(files))
            yield return $"{Path.GetRelativePath(_root, page)} has no data file; run build/providers.sh --generate";
    }

    private IEnumerable<string> Surplus(IReadOnlyDictionary<string, string> files) =>
        Directory.EnumerateFiles(Path.Combine(_root, Pages), "*.md").Where(page => !files.ContainsKey($"{Pages}/{Path.GetFileName(page)}"));
}
