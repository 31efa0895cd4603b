using System.Globalization;
using TokenLifecycle.Chaos.Faults;

namespace TokenLifecycle.Chaos;

/// <param name="Kills">How many workers are killed.</param>
/// <param name="Grace">How long the server still answers a replaced refresh token; zero is strict: using it again revokes the family.</param>
/// <param name="Store"><c>postgres</c>, <c>sqlite</c>, <c>mariadb</c>, <c>redis</c> or <c>file</c>.</param>
/// <param name="Seed">Of every random choice that is the harness's own; where a kill falls is the machine's.</param>
internal sealed record ChaosOptions(int Kills, TimeSpan Grace, string Store, int Seed)
{
    public const string Kill = "kill";

    /// <summary>What is injected, by turns.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [Kill];

    /// <summary>How long a worker that is told to stop may take (<c>HostOptions.ShutdownTimeout</c>).</summary>
    public TimeSpan ShutdownTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The deadlines of a request and of a save, on which lease and watch depend. The busier the machine, the longer.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether only workers are killed, one for each: the run that measures the window between rotation and save.</summary>
    public bool KillsOnly => Faults is [Kill];

    public static ChaosOptions Parse(string[] args)
    {
        int Number(string name, int fallback)
        {
            string? text = Text(name);
            if (text is null)
                return fallback;
            return int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value >= 0 ? value : throw Usage($"{name} wants a number, not '{text}'.");
        }

        string? Text(string name)
        {
            int at = Array.IndexOf(args, name);
            return at < 0 ? null : at + 1 < args.Length ? args[at + 1] : throw Usage($"{name} wants a value.");
        }

        string store = Text("--store") ?? "file";
        if (store is not ("postgres" or "sqlite" or "mariadb" or "redis" or "file"))
            throw Usage($"--store is postgres, sqlite, mariadb, redis or file, not '{store}'.");
        string[] faults = (Text("--faults") ?? Kill).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (faults.Length == 0 || faults.FirstOrDefault(static fault => !Injector.Kinds.Contains(fault)) is { } unknown && unknown.Length > 0)
            throw Usage($"--faults is a list of {string.Join(", ", Injector.Kinds)}, with commas.");
        var options = new ChaosOptions(Number("--kills", 50), TimeSpan.FromSeconds(Number("--grace", 30)), store, Number("--seed", 1))
        {
            Faults = faults,
            ShutdownTime = TimeSpan.FromSeconds(Number("--shutdown-time", 30)),
            Deadline = TimeSpan.FromSeconds(Number("--deadline", 2)),
        };
        return options.KillsOnly || store == "postgres" ? options : throw Usage("--faults needs --store postgres.");
    }

    private static InvalidOperationException Usage(string problem) =>
        new($"{problem} Usage: build/chaos.sh [--kills 50] [--grace 30] [--store file|postgres|sqlite|mariadb|redis] [--seed 1] [--faults {string.Join(',', Injector.Kinds)}] [--shutdown-time 30] [--deadline 2]; a grace of 0 is a strict server.");
}
