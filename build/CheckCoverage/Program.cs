// Merges the coverage reports of all test projects and checks the minimum coverage of the two critical rooms.
using System.Globalization;
using CheckCoverage;

const double Floor = 95;
string[] heldRooms = ["Lifecycle", "Protocol"];

if (args is not [var root, var results])
{
    Console.Error.WriteLine("usage: CheckCoverage <repository> <folder with coverage.cobertura.xml files>");
    return 2;
}

var hits = new LineHits();
string[] reports = Directory.GetFiles(results, "coverage.cobertura.xml", SearchOption.AllDirectories);
foreach (string report in reports)
    hits.Read(report, root);

bool isHeld = true;
string core = Path.Combine(root, "src", "TokenLifecycle");
foreach (string folder in Directory.GetDirectories(core).Order(StringComparer.Ordinal))
{
    string room = Path.GetFileName(folder);
    KeyValuePair<string, SortedDictionary<int, bool>>[] files = [.. hits.Under($"src/TokenLifecycle/{room}")];
    int all = files.Sum(static file => file.Value.Count);
    int covered = files.Sum(static file => file.Value.Count(static line => line.Value));
    bool isFloored = heldRooms.Contains(room);
    if (all == 0 && !isFloored)
        continue;

    double percent = all == 0 ? 0 : 100.0 * covered / all;
    bool isBelow = isFloored && percent < Floor;
    isHeld &= !isBelow;
    string floor = isFloored ? string.Create(CultureInfo.InvariantCulture, $", floor {Floor} %{(isBelow ? ": BELOW" : "")}") : "";
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {room,-20} {percent,6:F1} % of {all} lines{floor}"));
    if (isBelow)
        PrintMissed(files);
}

return isHeld ? 0 : 1;

static void PrintMissed(IEnumerable<KeyValuePair<string, SortedDictionary<int, bool>>> files)
{
    foreach ((string file, SortedDictionary<int, bool> lines) in files)
    {
        int[] missed = [.. lines.Where(static line => !line.Value).Select(static line => line.Key)];
        if (missed.Length > 0)
            Console.WriteLine($"    {file}: {Ranges(missed)}");
    }
}

static string Ranges(int[] numbers)
{
    var ranges = new List<string>();
    for (int from = 0, to; from < numbers.Length; from = to + 1)
    {
        to = from;
        while (to + 1 < numbers.Length && numbers[to + 1] == numbers[to] + 1)
            to++;
        ranges.Add(from == to ? $"{numbers[from]}" : $"{numbers[from]}-{numbers[to]}");
    }

    return string.Join(", ", ranges);
}
