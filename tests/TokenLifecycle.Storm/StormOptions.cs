using System.Globalization;

namespace TokenLifecycle.Storm;

/// <param name="Nodes">How many processes; none for callers within this one.</param>
/// <param name="Callers">How many of each node ask at once.</param>
/// <param name="Rounds">How often the token ends.</param>
/// <param name="Store">What the nodes share: <c>postgres</c>, <c>redis</c> or <c>file</c>.</param>
internal sealed record StormOptions(int Nodes, int Callers, int Rounds, string Store)
{
    /// <summary>How long the server's access tokens live. Each round begins when it is over.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromHours(1);

    public static StormOptions Parse(string[] args)
    {
        for (int i = 0; i < args.Length; i += 2)
        {
            if (args[i] is not ("--nodes" or "--callers" or "--rounds" or "--store"))
                throw Usage($"There is no option '{args[i]}'.");
        }

        int nodes = Number("--nodes", 0);
        string? store = Text("--store");
        if (store is not (null or "postgres" or "redis" or "file"))
            throw Usage($"--store is postgres, redis or file, not '{store}'.");
        if (store is not null && nodes == 0)
            throw Usage("--store is what several nodes share; without --nodes the callers are in one process, and the store in its memory.");
        return new StormOptions(nodes, Number("--callers", nodes == 0 ? 10_000 : 200), Number("--rounds", 20), store ?? "postgres");

        int Number(string name, int fallback) => Text(name) is not { } text ? fallback
            : int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value > 0 ? value
            : throw Usage($"{name} wants a positive number, not '{text}'.");

        string? Text(string name)
        {
            int at = Array.IndexOf(args, name);
            return at < 0 ? null : at + 1 < args.Length ? args[at + 1] : throw Usage($"{name} wants a value.");
        }
    }

    private static InvalidOperationException Usage(string problem) =>
        new($"{problem} Usage: build/storm.sh [--nodes 3 [--store postgres|redis|file]] [--callers 200] [--rounds 300]");
}
