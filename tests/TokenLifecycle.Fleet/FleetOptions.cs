using System.Globalization;

namespace TokenLifecycle.Fleet;

/// <param name="Connections">How many are refreshed.</param>
/// <param name="Nodes">How many processes refresh them.</param>
/// <param name="Seconds">How long the tokens that were issued together are spread over.</param>
/// <param name="Rows">How many rows the table has; those that are not among the connections are not due.</param>
/// <param name="LatencyMilliseconds">How long the provider takes for an answer.</param>
/// <param name="InFlight">The most refreshes that a node has under way.</param>
/// <param name="IntervalMilliseconds">How often a node looks for what is due while the peak is measured.</param>
internal sealed record FleetOptions(int Connections, int Nodes, int Seconds, int Rows, int LatencyMilliseconds, int InFlight, int IntervalMilliseconds)
{
    private static readonly string[] _names = ["--connections", "--nodes", "--seconds", "--rows", "--latency", "--in-flight", "--interval"];

    /// <summary>Whether promises about absolute figures are judged: a short run is over before everything is compiled, and a small table fits into memory.</summary>
    public bool IsFullSize => Connections >= 100_000 && Seconds >= 60 && Rows >= 1_000_000;

    public TimeSpan Spread => TimeSpan.FromSeconds(Seconds);

    public static FleetOptions Parse(string[] args)
    {
        if (args.Where(static (_, at) => at % 2 == 0).FirstOrDefault(name => !_names.Contains(name, StringComparer.Ordinal)) is { } unknown)
            throw Usage($"There is no option '{unknown}'.");

        int connections = Number("--connections", 100_000);
        return new FleetOptions(
            connections, Number("--nodes", 2), Number("--seconds", 120), Math.Max(connections, Number("--rows", connections * 10)), Number("--latency", 50), Number("--in-flight", 128), Number("--interval", 500));

        int Number(string name, int fallback)
        {
            int at = Array.IndexOf(args, name);
            if (at < 0)
                return fallback;
            return at + 1 < args.Length && int.TryParse(args[at + 1], CultureInfo.InvariantCulture, out int value) && value > 0 ? value : throw Usage($"{name} wants a positive number.");
        }
    }

    private static InvalidOperationException Usage(string problem) => new(
        $"{problem} Usage: build/fleet.sh [--connections 100000] [--nodes 2] [--seconds 120] [--rows 1000000] [--latency 50] [--in-flight 128] [--interval 500]; latency and interval in milliseconds.");
}
