using System.Globalization;

namespace TokenLifecycle.Fleet;

/// <summary>Processors (1 is one of them, all the time) and resident megabytes over a phase. The simulated server runs in the process of the run itself.</summary>
internal sealed class PhaseUsage
{
    public required double[] NodeCpu { get; init; }

    public required double[] NodeMegabytes { get; init; }

    public required double DatabaseCpu { get; init; }

    public required double DatabaseMegabytes { get; init; }

    public required double ServerCpu { get; init; }

    public required double ServerMegabytes { get; init; }

    /// <summary>What other programs on this machine took.</summary>
    public required double OthersCpu { get; init; }

    public required int Processors { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Milliseconds of one processor for each of so many refreshes, of everything that this run is made of: what hardly depends on who else is on the machine.</summary>
    public double MillisecondsPer(int refreshes) => Math.Round((NodeCpu.Sum() + DatabaseCpu + ServerCpu) * Seconds * 1000 / refreshes, 3);

    /// <summary>The nodes' part of it.</summary>
    public double NodeMillisecondsPer(int refreshes) => Math.Round(NodeCpu.Sum() * Seconds * 1000 / refreshes, 3);

    /// <summary>The database's part of it.</summary>
    public double DatabaseMillisecondsPer(int refreshes) => Math.Round(DatabaseCpu * Seconds * 1000 / refreshes, 3);

    /// <summary>What holds up the rest, as far as processors tell.</summary>
    public string Limit
    {
        get
        {
            double own = NodeCpu.Sum() + DatabaseCpu + ServerCpu;
            if (own + OthersCpu < 0.9 * Processors)
                return "not the processors: the provider's latency with so many refreshes in flight, or the database's disk";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"the processors: of {own + OthersCpu:0.00} busy ones the nodes had {Percent(NodeCpu.Sum())}, the database {Percent(DatabaseCpu)}, the simulated server {Percent(ServerCpu)}, other programs {Percent(OthersCpu)}");

            string Percent(double part) => (part / (own + OthersCpu)).ToString("P0", CultureInfo.InvariantCulture);
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"nodes [{string.Join(", ", NodeCpu)}] CPU and [{string.Join(", ", NodeMegabytes)}] MB, database {DatabaseCpu} CPU and {DatabaseMegabytes} MB, simulated server {ServerCpu} CPU and {ServerMegabytes} MB, other programs {OthersCpu} CPU");
}
