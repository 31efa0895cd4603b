using System.Globalization;
using System.Text;
using System.Text.Json;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Outage;

/// <param name="Sweep">How long the background refresh took for all that were due.</param>
/// <param name="Calls">How long each caller of an expired token waited, shortest first.</param>
internal sealed record NeighbourTimes(TimeSpan Sweep, IReadOnlyList<TimeSpan> Calls)
{
    public double At(double quantile) => Math.Round(Calls[(int)Math.Min(Calls.Count - 1, quantile * Calls.Count)].TotalMilliseconds, 1);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"sweep {Sweep.TotalMilliseconds:0} ms; callers wait p50 {At(0.5)} ms, p99 {At(0.99)} ms, at most {At(1)} ms");
}

/// <summary>What a provider's neighbour took while that one worked, and while it did not answer.</summary>
internal sealed class NeighbourFigures(int connections, TimeSpan deadline, NeighbourTimes works, NeighbourTimes dead, int stuck)
{
    public Promises Promises
    {
        get
        {
            var promises = new Promises();
            promises.Keep(stuck > 0, $"the dead provider has requests under way all the while: {stuck}");
            promises.Keep(dead.Sweep < deadline, $"the sweep of the other provider does not wait for the dead one's deadline of {deadline.TotalSeconds} s: it took {dead.Sweep.TotalSeconds:0.0} s");
            promises.Keep(dead.Calls[^1] < deadline, $"nor does a caller: the longest wait was {dead.Calls[^1].TotalMilliseconds:0} ms");
            return promises;
        }
    }

    public string Json => JsonSerializer.Serialize(new
    {
        connections_of_each = connections,
        requests_stuck_at_the_dead_one = stuck,
        sweep_ms_while_it_works = Math.Round(works.Sweep.TotalMilliseconds),
        sweep_ms_while_it_is_dead = Math.Round(dead.Sweep.TotalMilliseconds),
        call_p50_ms_while_it_works = works.At(0.5),
        call_p50_ms_while_it_is_dead = dead.At(0.5),
        call_p99_ms_while_it_works = works.At(0.99),
        call_p99_ms_while_it_is_dead = dead.At(0.99),
        promises_broken = Promises.Broken,
    });

    public override string ToString() => new StringBuilder()
        .AppendLine(CultureInfo.InvariantCulture, $"{connections} connections of each provider due at once, and as many callers of each whose tokens have ended")
        .AppendLine(CultureInfo.InvariantCulture, $"the neighbour works:  {works}")
        .AppendLine(CultureInfo.InvariantCulture, $"the neighbour is dead: {dead}; {stuck} requests hung there meanwhile")
        .Append(Promises)
        .ToString();
}
