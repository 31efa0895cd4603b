using System.Globalization;

namespace TokenLifecycle.Outage;

/// <param name="Connections">How many are kept alive.</param>
/// <param name="Hours">How long the provider is down, in simulated hours.</param>
/// <param name="CallsPerMinute">How often, in simulated time, somebody asks for the token of one of them.</param>
internal sealed record OutageOptions(int Connections, int Hours, int CallsPerMinute)
{
    public static OutageOptions Parse(string[] args)
    {
        if (args.Where(static (_, at) => at % 2 == 0).FirstOrDefault(static name => name is not ("--connections" or "--hours" or "--calls")) is { } unknown)
            throw Usage($"There is no option '{unknown}'.");

        return new OutageOptions(Number("--connections", 6000), Number("--hours", 24), Number("--calls", 10));

        int Number(string name, int fallback)
        {
            int at = Array.IndexOf(args, name);
            if (at < 0)
                return fallback;
            return at + 1 < args.Length && int.TryParse(args[at + 1], CultureInfo.InvariantCulture, out int value) && value > 0 ? value : throw Usage($"{name} wants a positive number.");
        }
    }

    private static InvalidOperationException Usage(string problem) =>
        new($"{problem} Usage: build/outage.sh [--connections 6000] [--hours 24] [--calls 10] | neighbour; hours and calls (a minute) in simulated time.");
}
