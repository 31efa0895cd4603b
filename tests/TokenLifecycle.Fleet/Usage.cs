using System.Globalization;

namespace TokenLifecycle.Fleet;

/// <summary>What a process with its children, or the whole machine, has used of the processors, and holds of memory, as the kernel counts it.</summary>
internal static class Usage
{
    private const double TicksPerSecond = 100; // Of the kernel's interface on every architecture that .NET runs on.
    private const double KilobytesPerMegabyte = 1024;

    /// <summary>Seconds of one processor that a process has used, its ended children included.</summary>
    public static double SecondsOf(int process) => TryStat(process) is { } stat ? SumOf(stat, 11, 4) : 0;

    /// <summary>The same of a process and its living children.</summary>
    public static double SecondsOfFamily(int parent) => SecondsOf(parent) + ChildrenOf(parent).Sum(SecondsOf);

    /// <summary>Megabytes that are resident.</summary>
    public static double MegabytesOf(int process) => Status(process, "VmRSS:");

    /// <summary>The same of a process and its living children; what they share is counted once.</summary>
    public static double MegabytesOfFamily(int parent)
    {
        int[] all = [parent, .. ChildrenOf(parent)];
        return all.Sum(static process => Status(process, "RssAnon:")) + all.Max(static process => Status(process, "RssShmem:"));
    }

    /// <summary>Seconds of one processor that the whole machine was busy for since it started.</summary>
    public static double SecondsOfMachine()
    {
        double[] times = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(static word => double.Parse(word, CultureInfo.InvariantCulture))];
        return (times[0] + times[1] + times[2] + times[5] + times[6] + times[7]) / TicksPerSecond; // Without idle, waiting for disks, and guests, who are counted as users.
    }

    private static int[] ChildrenOf(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id != 0 && TryStat(id) is { } stat && stat[1] == parent.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>The fields after the name, which may hold anything: state, parent, ...; null if the process is gone.</summary>
    private static string[]? TryStat(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double SumOf(string[] stat, int from, int count) => stat[from..(from + count)].Sum(static field => double.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond;

    private static double Status(int process, string name)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1], CultureInfo.InvariantCulture) / KilobytesPerMegabyte;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
