// Merges the coverage reports of all test projects. Checks the minimum coverage of the protocol, and of all rooms together that keep
// connections alive.
using System.Globalization;
using CheckCoverage;

const double Floor = 95;
string[] heldRooms = ["Protocol"];
string[] aliveRooms = ["Background", "Concurrency", "Connections", "Health", "Notifications", "Providers", "Refresh", "State"];

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
    isHeld &= Report(room, [room], heldRooms.Contains(room));
}

isHeld &= Report("(alive)", aliveRooms, isFloored: true);
return isHeld ? 0 : 1;

bool Report(string name, string[] rooms, bool isFloored)
{
    KeyValuePair<string, SortedDictionary<int, bool>>[] files = [.. rooms.SelectMany(room => hits.Under($"src/TokenLifecycle/{room}"))];
    int all = files.Sum(static file => file.Value.Count);
    int covered = files.Sum(static file => file.Value.Count(static line => line.Value));
    if (all == 0 && !isFloored)
        return true;

    double percent = all == 0 ? 0 : 100.0 * covered / all;
    bool isBelow = isFloored && percent < Floor;
    string floor = isFloored ? string.Create(CultureInfo.InvariantCulture, $", floor {Floor} %{(isBelow ? ": BELOW" : "")}") : "";
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-20} {percent,6:F1} % of {all} lines{floor}"));
    if (isBelow)
        PrintMissed(files);
    return !isBelow;
}

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
