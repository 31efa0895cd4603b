using System.Globalization;

namespace TokenLifecycle.Benchmarks;

/// <summary>
/// Two pieces of work by turns, for a fraction of a second each: what else the machine does meets both alike. The promise that one takes so much longer than the other is judged by the median over
/// the turns, which holds still where the medians of two different half minutes do not.
/// </summary>
/// <param name="Reference">Nanoseconds of the work that it is compared with.</param>
/// <param name="Work">Nanoseconds of the work.</param>
/// <param name="Ratio">How many times the reference's time it takes.</param>
/// <param name="Difference">How many nanoseconds more it takes.</param>
internal sealed record Duel(double Reference, double Work, double Ratio, double Difference)
{
    private const int WarmUps = 8;

    public static async Task<Duel> MeasureAsync(Func<Task> reference, Func<Task> work, int operations, int rounds)
    {
        var turns = new List<(double Reference, double Work)>();
        for (int round = -WarmUps; round < rounds; round++)
        {
            (double Reference, double Work) turn = (await NanosecondsAsync(reference), await NanosecondsAsync(work));
            if (round >= 0)
                turns.Add(turn);
        }

        return new Duel(
            Math.Round(Median(turns.Select(static turn => turn.Reference))),
            Math.Round(Median(turns.Select(static turn => turn.Work))),
            Math.Round(Median(turns.Select(static turn => turn.Work / turn.Reference)), 3),
            Math.Round(Median(turns.Select(static turn => turn.Work - turn.Reference))));

        async Task<double> NanosecondsAsync(Func<Task> what)
        {
            long started = TimeProvider.System.GetTimestamp();
            for (int operation = 0; operation < operations; operation++)
                await what();
            return TimeProvider.System.GetElapsedTime(started).TotalNanoseconds / operations;
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Work:0} ns and {Reference:0} ns: {Difference:0} ns more, {Ratio:0.00} times");

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
