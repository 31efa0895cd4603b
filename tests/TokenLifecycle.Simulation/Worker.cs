using System.Globalization;

namespace TokenLifecycle.Simulation;

/// <summary>One process of a campaign: runs its share of the seeds, one after another, and writes a line for each.</summary>
internal static class Worker
{
    /// <summary>Runs <c>worker first count stride steps</c>; a negative stride runs backwards.</summary>
    public static int Run(string[] args)
    {
        long[] numbers = [.. args.Skip(1).Select(static text => long.Parse(text, CultureInfo.InvariantCulture))];
        (long first, long count, long stride, int steps) = (numbers[0], numbers[1], numbers[2], (int)numbers[3]);
        for (long i = 0; i < count; i++)
        {
            ulong seed = (ulong)(first + (i * stride));
            RunOutcome outcome = RunOutcome.Of(new Plan(seed, steps));
            Console.WriteLine(string.Join('\t', seed, outcome.Steps, outcome.Faults, outcome.Hash, string.Join(',', outcome.Lost), outcome.LostBesideMemory, outcome.Violations.Count == 0 ? "" : outcome.Violations[0]));
        }

        return 0;
    }
}
