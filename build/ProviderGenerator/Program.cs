// Validates the provider catalog, and writes or checks what is generated from it.
using System.Globalization;
using System.Text.Json;
using ProviderGenerator;

if (args is not [("--generate" or "--check" or "--stale") and var command, var root])
{
    Console.Error.WriteLine("usage: ProviderGenerator --generate|--check|--stale <repository>");
    return 2;
}

Catalog catalog = Catalog.Read(root);
foreach (string problem in catalog.Problems)
    Console.Error.WriteLine(problem);
if (catalog.Problems.Count > 0)
    return 1;

if (command == "--stale")
{
    string[] stale = [.. StaleReport.Of(catalog.Providers, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime))];
    foreach (string line in stale)
        Console.WriteLine(line);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stale.Length} to read again"));
    return 0;
}

if (command == "--generate")
    catalog.Write();

string[] differences = [.. catalog.Differences()];
foreach (string difference in differences)
    Console.Error.WriteLine(difference);
Console.WriteLine(JsonSerializer.Serialize(new
{
    providers = catalog.Providers.Count,
    deep = catalog.Providers.Count(static p => p.IsDeep),
    offered = catalog.Providers.Count(static p => p.IsOffered || p.IsBuiltIn),
    facts = catalog.Facts,
    facts_with_source = catalog.FactsWithSource,
    unsourced = catalog.Facts - catalog.FactsWithSource,
    unknown = catalog.Unknown,
}));
return differences.Length == 0 ? 0 : 1;
