using System.Globalization;
using TokenLifecycle.Chaos;
using TokenLifecycle.Chaos.Faults;

// Real worker processes refresh against the simulated server while they are killed; see the readme beside this file.
if (args is ["worker", ..])
    return await Worker.RunAsync(WorkerSettings.FromEnvironment());
if (args is ["fleet", ..])
    return await FleetWorker.RunAsync(WorkerSettings.FromEnvironment());
if (args is ["host", ..])
    return await HostedWorker.RunAsync(WorkerSettings.FromEnvironment());

ChaosOptions options = ChaosOptions.Parse(args);
if (!options.KillsOnly)
    return await FaultRun.RunAsync(options);
await using var run = await ChaosRun.StartAsync(options);
long started = TimeProvider.System.GetTimestamp();
await run.ExecuteAsync();
TimeSpan lasted = TimeProvider.System.GetElapsedTime(started);
Verdict verdict = await run.JudgeAsync();
Console.Error.WriteLine(verdict.Details);
Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"F56: {options.Kills} nodes killed under load, one every {lasted.TotalSeconds / Math.Max(options.Kills, 1):0.0} s"));
Console.WriteLine(verdict.Json);
return verdict.IsKept ? 0 : 1;
