using System.Globalization;

namespace TokenLifecycle.Chaos;

/// <param name="Kills">How many workers are killed.</param>
/// <param name="Grace">How long the server still answers a replaced refresh token; zero is strict: using it again revokes the family.</param>
/// <param name="Store"><c>postgres</c> or <c>file</c>.</param>
/// <param name="Seed">Of every random choice that is the harness's own; where a kill falls is the machine's.</param>
internal sealed record ChaosOptions(int Kills, TimeSpan Grace, string Store, int Seed)
{
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
        if (store is not ("postgres" or "file"))
            throw Usage($"--store is postgres or file, not '{store}'.");
        return new ChaosOptions(Number("--kills", 50), TimeSpan.FromSeconds(Number("--grace", 30)), store, Number("--seed", 1));
    }

    private static InvalidOperationException Usage(string problem) =>
        new($"{problem} Usage: build/chaos.sh [--kills 50] [--grace 30] [--store file|postgres] [--seed 1]; a grace of 0 is a strict server.");
}
