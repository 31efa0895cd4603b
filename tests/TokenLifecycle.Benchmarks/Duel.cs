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
    /// <summary>Rounds of an eighth before the first that counts: code is optimized after it was called some thirty times.</summary>
    private const int WarmUps = 64;

    /// <param name="reference">Does the work that it is compared with so many times.</param>
    /// <param name="work">Does the work so many times.</param>
    /// <param name="operations">How many times in one turn.</param>
    /// <param name="rounds">How many turns each has.</param>
    public static async Task<Duel> MeasureAsync(Func<int, Task> reference, Func<int, Task> work, int operations, int rounds)
    {
        for (int round = 0; round < WarmUps; round++)
        {
            await reference(operations / 8);
            await work(operations / 8);
        }

        var turns = new List<(double Reference, double Work)>();
        for (int round = 0; round < rounds; round++)
            turns.Add((await NanosecondsAsync(reference), await NanosecondsAsync(work)));
        return new Duel(
            Math.Round(Median(turns.Select(static turn => turn.Reference))),
            Math.Round(Median(turns.Select(static turn => turn.Work))),
            Math.Round(Median(turns.Select(static turn => turn.Work / turn.Reference)), 3),
            Math.Round(Median(turns.Select(static turn => turn.Work - turn.Reference))));

        async Task<double> NanosecondsAsync(Func<int, Task> what)
        {
            long started = TimeProvider.System.GetTimestamp();
            await what(operations);
            return TimeProvider.System.GetElapsedTime(started).TotalNanoseconds / operations;
        }
    }

    /// <summary>So many times one after the other.</summary>
    public static Func<int, Task> Each(Func<Task> what) => async times =>
    {
        for (int time = 0; time < times; time++)
            await what();
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Work:0} ns and {Reference:0} ns: {Difference:0} ns more, {Ratio:0.00} times");

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
