using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace TokenLifecycle.Simulation;

/// <summary>Many seeds, in as many processes as there are cores.</summary>
internal sealed class Campaign
{
    /// <summary>A seed takes some milliseconds. One that takes this long hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<(ulong Seed, string What)> _violations = new();
    private readonly Dictionary<ulong, string> _hashes = [];
    private readonly Lock _lock = new();
    private readonly long[] _lost = new long[4];
    private long _seeds;
    private long _steps;
    private long _faults;
    private long _beside;

    public static int Run(string[] args)
    {
        long Number(string name, long otherwise) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? long.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
        long count = Number("--seeds", 1000);
        long first = Number("--seed", 1);
        int steps = (int)Number("--steps", 120);
        if (args.Contains("--trace"))
            return Show((ulong)first, steps);
        if (args.Contains("--verify-determinism"))
            return VerifyDeterminism(first, Number("--seeds", 1000), steps);
        if (args.Contains("--seed") && !args.Contains("--seeds"))
            count = 1;
        return new Campaign().RunAll(first, count, steps, untilViolation: args.Contains("--until-violation"));
    }

    private int RunAll(long first, long count, int steps, bool untilViolation)
    {
        long began = TimeProvider.System.GetTimestamp();
        int workers = (int)Math.Min(Environment.ProcessorCount, count);
        var running = new List<Task>();
        using var stop = new CancellationTokenSource();
        for (int i = 0; i < workers; i++)
            running.Add(WorkAsync(first + i, (count - i + workers - 1) / workers, workers, steps, untilViolation, stop));
        Task all = Task.WhenAll(running);
        while (!all.Wait(TimeSpan.FromSeconds(10)))
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Read(ref _seeds)} of {count} seeds, {_violations.Count} violations, {Seconds(began):0} s"));

        (ulong Seed, string What)[] violations = [.. _violations.OrderBy(static violation => violation.Seed)];
        foreach ((ulong seed, string what) in violations.Take(40))
            Console.WriteLine($"VIOLATION with seed {seed}: {what}");
        if (violations.Length > 0 && !untilViolation && violations[0].What != "it hangs")
            new Shrinker(new Plan(violations[0].Seed, steps)).Report();
        if (_beside > 0)
            Console.WriteLine($"Of the grants lost by (d), {_beside} were remembered by another live process than the one that sent the refresh token.");
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            seeds = _seeds,
            steps = _steps,
            faults = _faults,
            violations = violations.Length,
            grants_lost = new { a = _lost[0], b = _lost[1], c = _lost[2], d = _lost[3] },
            seconds = Math.Round(Seconds(began), 1),
        }));
        return violations.Length > 0 ? 1 : 0;
    }

    /// <summary>The same seeds in two processes, in opposite orders: every trace must be the same.</summary>
    private static int VerifyDeterminism(long first, long count, int steps)
    {
        long began = TimeProvider.System.GetTimestamp();
        Campaign[] both = [new(), new()];
        using var stop = new CancellationTokenSource();
        Task.WaitAll(
            both[0].WorkAsync(first, count, 1, steps, untilViolation: false, stop),
            both[1].WorkAsync(first + count - 1, count, -1, steps, untilViolation: false, stop));
        ulong[] different = [.. both[0]._hashes.Keys.Order().Where(seed => !both[1]._hashes.TryGetValue(seed, out string? other) || other != both[0]._hashes[seed])];
        foreach (ulong seed in different.Take(20))
            Console.WriteLine($"Seed {seed} has two traces.");
        Console.WriteLine(JsonSerializer.Serialize(new { seeds = both[0]._hashes.Count, processes = 2, different = different.Length, seconds = Math.Round(Seconds(began), 1) }));
        return different.Length > 0 || both[0]._hashes.Count != count ? 1 : 0;
    }

    private static double Seconds(long began) => TimeProvider.System.GetElapsedTime(began).TotalSeconds;

    private static int Show(ulong seed, int steps)
    {
        RunOutcome outcome = RunOutcome.Of(new Plan(seed, steps));
        Console.Write(outcome.Trace);
        Console.WriteLine($"trace {outcome.Hash}, {outcome.Steps} steps, {outcome.Faults} faults, {outcome.Violations.Count} violations");
        return outcome.Violations.Count > 0 ? 1 : 0;
    }

    private async Task WorkAsync(long first, long count, long stride, int steps, bool untilViolation, CancellationTokenSource stop)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(Campaign).Assembly.Location);
        foreach (long argument in new[] { first, count, stride, steps })
            start.ArgumentList.Add(argument.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Insert(start.ArgumentList.Count - 4, "worker");
        start.Environment["DOTNET_TieredPGO"] = "0";
        using Process worker = Process.Start(start)!;
        ulong next = (ulong)first;
        while (!stop.IsCancellationRequested)
        {
            string? line;
            try
            {
                line = await worker.StandardOutput.ReadLineAsync().WaitAsync(Patience, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (TimeoutException)
            {
                _violations.Enqueue((next, "it hangs"));
                break;
            }

            if (line is null)
                break;
            if (Note(line.Split('\t')) is { } violation)
            {
                _violations.Enqueue(violation);
                if (untilViolation)
                    await stop.CancelAsync().ConfigureAwait(false);
            }

            next = (ulong)((long)next + stride);
        }

        if (!worker.HasExited && (stop.IsCancellationRequested || !_violations.IsEmpty))
            worker.Kill();
        await worker.WaitForExitAsync().ConfigureAwait(false);
        if (worker.ExitCode != 0 && !stop.IsCancellationRequested && !_violations.Any(violation => violation.Seed == next))
            _violations.Enqueue((next, $"the process ended with {worker.ExitCode}"));
    }

    private (ulong Seed, string What)? Note(string[] fields)
    {
        ulong seed = ulong.Parse(fields[0], CultureInfo.InvariantCulture);
        lock (_lock)
        {
            _seeds++;
            _steps += long.Parse(fields[1], CultureInfo.InvariantCulture);
            _faults += long.Parse(fields[2], CultureInfo.InvariantCulture);
            _hashes[seed] = fields[3];
            string[] lost = fields[4].Split(',');
            for (int i = 0; i < 4; i++)
                _lost[i] += long.Parse(lost[i], CultureInfo.InvariantCulture);
            _beside += long.Parse(fields[5], CultureInfo.InvariantCulture);
        }

        return fields[6].Length > 0 ? (seed, fields[6]) : null;
    }
}
