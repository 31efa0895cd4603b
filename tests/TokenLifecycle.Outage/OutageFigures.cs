using System.Globalization;
using System.Text;
using System.Text.Json;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Outage;

/// <summary>What was seen, and which promises are broken.</summary>
internal sealed class OutageFigures(OutageOptions options)
{
    private const double MostPeak = 2;
    private const double MostGrowthMegabytes = 8;
    private const int MostNewThreads = 8;

    /// <summary>Token requests in a simulated minute before the outage.</summary>
    public double SteadyPerMinute { get; set; }

    /// <summary>The most in one minute from the first sign of life on.</summary>
    public int PeakPerMinute { get; set; }

    /// <summary>How long after the provider was back for good the last connection had new tokens.</summary>
    public TimeSpan RecoveredAfter { get; set; }

    public long RequestsDuringOutage { get; set; }

    public int ChangedDuringOutage { get; set; }

    public int NeedReconnect { get; set; }

    public int NotRecovered { get; set; }

    public int Reused { get; set; }

    public (int Served, int Late, int Denied, int Wrong, int Reauthorizations) Callers { get; set; }

    /// <summary>Callers who were told to try later although the provider had been back for a minute.</summary>
    public int LateAfterRecovery { get; set; }

    public (double Before, double After) HeapMegabytes { get; set; }

    public (int Before, int After) Threads { get; set; }

    public double RealSeconds { get; set; }

    public double PeakOverSteady => Math.Round(PeakPerMinute / Math.Max(SteadyPerMinute, 0.001), 2);

    public Promises Promises
    {
        get
        {
            var promises = new Promises();
            promises.Keep(NeedReconnect == 0 && Callers.Reauthorizations == 0, $"nobody is told to reconnect: {NeedReconnect} connections are marked, {Callers.Reauthorizations} callers were told");
            promises.Keep(ChangedDuringOutage == 0, $"no token changes while the provider is down: {ChangedDuringOutage} did");
            promises.Keep(Callers.Denied == 0, $"callers are served while their token lives: {Callers.Denied} were not");
            promises.Keep(Callers.Wrong == 0, $"callers never get a token that has ended: {Callers.Wrong} did");
            promises.Keep(LateAfterRecovery == 0, $"who asks once the provider is back does not wait for the backlog: {LateAfterRecovery} were told to try later");
            promises.Keep(NotRecovered == 0, $"each connection recovers by itself: {NotRecovered} did not");
            promises.Keep(Reused == 0, $"no refresh token is used twice: {Reused} were");
            promises.Keep(PeakOverSteady <= MostPeak, $"the recovery keeps to {MostPeak} times the steady rate: {PeakOverSteady}");
            promises.Keep(HeapMegabytes.After - HeapMegabytes.Before <= MostGrowthMegabytes, $"the outage takes no memory: {HeapMegabytes.Before} MB before and {HeapMegabytes.After} MB after it");
            promises.Keep(Threads.After - Threads.Before <= MostNewThreads, $"the outage takes no threads: {Threads.Before} before and {Threads.After} after it");
            return promises;
        }
    }

    public string Json => JsonSerializer.Serialize(new
    {
        connections = options.Connections,
        outage_hours = options.Hours,
        marked_for_reconnect = NeedReconnect,
        tokens_changed_during_outage = ChangedDuringOutage,
        requests_during_outage = RequestsDuringOutage,
        callers_served = Callers.Served,
        callers_whose_token_had_ended = Callers.Late,
        callers_denied_a_living_token = Callers.Denied,
        callers_with_a_wrong_token = Callers.Wrong,
        callers_told_later_after_recovery = LateAfterRecovery,
        steady_per_minute = SteadyPerMinute,
        recovery_peak_per_minute = PeakPerMinute,
        recovery_peak_over_steady = PeakOverSteady,
        recovered_after_minutes = Math.Round(RecoveredAfter.TotalMinutes, 1),
        not_recovered = NotRecovered,
        reused_refresh_tokens = Reused,
        heap_mb_before = HeapMegabytes.Before,
        heap_mb_after = HeapMegabytes.After,
        threads_before = Threads.Before,
        threads_after = Threads.After,
        real_seconds = RealSeconds,
        promises_broken = Promises.Broken,
    });

    public override string ToString() => new StringBuilder()
        .AppendLine(CultureInfo.InvariantCulture, $"before:   {SteadyPerMinute} token requests a simulated minute for {options.Connections} connections")
        .AppendLine(CultureInfo.InvariantCulture, $"outage:   {options.Hours} h; {RequestsDuringOutage} requests found out whether it was over; {ChangedDuringOutage} tokens changed, {NeedReconnect} connections marked for reconnect")
        .AppendLine(CultureInfo.InvariantCulture, $"callers:  {Callers.Served} served, {Callers.Late} told to try later because their token had ended, {Callers.Denied} told so although it lived")
        .AppendLine(CultureInfo.InvariantCulture, $"recovery: at most {PeakPerMinute} requests a minute, {PeakOverSteady} times the steady rate; the last connection had new tokens after {RecoveredAfter.TotalMinutes:0} minutes")
        .AppendLine(CultureInfo.InvariantCulture, $"process:  heap {HeapMegabytes.Before} MB before the outage and {HeapMegabytes.After} MB after it, threads {Threads.Before} and {Threads.After}")
        .Append(Promises)
        .ToString();
}
