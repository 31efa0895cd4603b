using System.Globalization;
using System.Text;
using System.Text.Json;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Fleet;

/// <summary>What a run has measured, and which promises it breaks.</summary>
internal sealed class FleetFigures(FleetOptions options)
{
    private const double LeastRate = 1500;
    private const double LeastShare = 0.2;
    private const double MostPeak = 2;
    private const double MostClaimMilliseconds = 20;

    public double LoadSeconds { get; set; }

    public double RefreshesPerSecond { get; set; }

    public NodeTimes Drain { get; set; } = new([], [], [], []);

    public PhaseUsage DrainUsage { get; set; } = null!;

    public int[] PerSecond { get; set; } = [];

    public NodeTimes Spread { get; set; } = new([], [], [], []);

    public PhaseUsage SpreadUsage { get; set; } = null!;

    public Distribution StoreClaims { get; set; } = new([]);

    public double PlainSql1 { get; set; }

    public double PlainSql16 { get; set; }

    public int TokenRequests { get; set; }

    public int Reused { get; set; }

    public int FamiliesRevoked { get; set; }

    public int BrokenConnections { get; set; }

    public (int Rows, double BytesPerRow, double DueIndexMegabytes) Size { get; set; }

    public double PeakOverMean => PerSecond.Length == 0 ? 0 : Math.Round(PerSecond.Max() / ((double)options.Connections / options.Seconds), 2);

    public double ShareOfPlainSql => PlainSql16 == 0 ? 0 : Math.Round(RefreshesPerSecond / PlainSql16, 3);

    public Promises Promises
    {
        get
        {
            var promises = new Promises();
            promises.Keep(Reused == 0 && FamiliesRevoked == 0, $"no refresh token is used twice: {Reused} were, and {FamiliesRevoked} families revoked");
            promises.Keep(BrokenConnections == 0, $"no rotation is lost: {BrokenConnections} connections do not hold the server's live refresh token");
            promises.Keep(TokenRequests == 2 * options.Connections, $"each connection is refreshed once in each phase: {TokenRequests} token requests instead of {2 * options.Connections}");
            promises.Keep(NodeProcess.Problems == 0, $"nothing is warned of: {NodeProcess.Problems} warnings");
            promises.Keep(PeakOverMean <= MostPeak, $"the peak is at most {MostPeak} times the mean: {PeakOverMean}");
            if (options.IsFullSize)
            {
                promises.Keep(RefreshesPerSecond >= LeastRate, $"at least {LeastRate} refreshes a second: {RefreshesPerSecond}");
                promises.Keep(ShareOfPlainSql >= LeastShare, $"at least {LeastShare} of what the database can do: {ShareOfPlainSql}");
                promises.Keep(StoreClaims.P99 < MostClaimMilliseconds, $"99 of 100 claims take less than {MostClaimMilliseconds} ms: {StoreClaims.P99}");
            }

            return promises;
        }
    }

    public string Json => JsonSerializer.Serialize(new
    {
        connections = options.Connections,
        nodes = options.Nodes,
        rows = Size.Rows,
        refreshes_per_second = RefreshesPerSecond,
        plain_sql_per_second_1 = PlainSql1,
        plain_sql_per_second_16 = PlainSql16,
        share_of_plain_sql = ShareOfPlainSql,
        node_cpu = DrainUsage.NodeCpu,
        node_mb = DrainUsage.NodeMegabytes,
        server_cpu = DrainUsage.ServerCpu,
        server_mb = DrainUsage.ServerMegabytes,
        database_cpu = DrainUsage.DatabaseCpu,
        database_mb = DrainUsage.DatabaseMegabytes,
        others_cpu = DrainUsage.OthersCpu,
        cpu_ms_per_refresh = DrainUsage.MillisecondsPer(options.Connections),
        node_cpu_ms_per_refresh = DrainUsage.NodeMillisecondsPer(options.Connections),
        database_cpu_ms_per_refresh = DrainUsage.DatabaseMillisecondsPer(options.Connections),
        peak_over_mean = PeakOverMean,
        sweep_lag_p50_ms = new Distribution(Spread.Lags).P50,
        sweep_lag_p99_ms = new Distribution(Spread.Lags).P99,
        due_to_saved_p50_ms = new Distribution(Spread.Done).P50,
        due_to_saved_p99_ms = new Distribution(Spread.Done).P99,
        claim_p50_ms = StoreClaims.P50,
        claim_p99_ms = StoreClaims.P99,
        bytes_per_row = Size.BytesPerRow,
        token_requests = TokenRequests,
        reused_refresh_tokens = Reused,
        broken_connections = BrokenConnections,
        warnings = NodeProcess.Problems,
        promises_broken = Promises.Broken,
    });

    public override string ToString() => new StringBuilder()
        .AppendLine(CultureInfo.InvariantCulture, $"drain:   {RefreshesPerSecond} refreshes a second by {options.Nodes} nodes with {options.InFlight} in flight each; {DrainUsage}")
        .AppendLine(CultureInfo.InvariantCulture, $"         limited by {DrainUsage.Limit}")
        .AppendLine(CultureInfo.InvariantCulture, $"         a refresh costs {DrainUsage.MillisecondsPer(options.Connections)} ms of a processor: {DrainUsage.NodeMillisecondsPer(options.Connections)} in the node, {DrainUsage.DatabaseMillisecondsPer(options.Connections)} in the database, the rest in the simulated server")
        .AppendLine(CultureInfo.InvariantCulture, $"         claims of up to 100 under this load: {new Distribution(Drain.Claims)}; saves: {new Distribution(Drain.Saves)}")
        .AppendLine(CultureInfo.InvariantCulture, $"spread:  peak over mean {PeakOverMean}, looked for every {options.IntervalMilliseconds} ms; {SpreadUsage}")
        .AppendLine(CultureInfo.InvariantCulture, $"         from due to claimed {new Distribution(Spread.Lags)}; from due to saved {new Distribution(Spread.Done)}")
        .AppendLine(CultureInfo.InvariantCulture, $"claims:  of 100 among {Size.Rows} rows: {StoreClaims}; a row takes {Size.BytesPerRow} bytes with its indexes, the index of what is due {Size.DueIndexMegabytes} MB")
        .AppendLine(CultureInfo.InvariantCulture, $"limit:   plain SQL {PlainSql1} a second on one connection, {PlainSql16} on sixteen; the fleet reached {ShareOfPlainSql} of that")
        .Append(Promises)
        .Append(options.IsFullSize ? "" : " (rates and times are only judged at full size)")
        .ToString();
}
