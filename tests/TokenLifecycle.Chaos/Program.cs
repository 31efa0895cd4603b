using TokenLifecycle.Chaos;

// Real worker processes refresh against the simulated server while they are killed; see the readme beside this file.
if (args is ["worker", ..])
    return await Worker.RunAsync(WorkerSettings.FromEnvironment());
if (args is ["host", ..])
    return await HostedWorker.RunAsync(WorkerSettings.FromEnvironment());

ChaosOptions options = ChaosOptions.Parse(args);
await using var run = await ChaosRun.StartAsync(options);
await run.ExecuteAsync();
Verdict verdict = await run.JudgeAsync();
Console.Error.WriteLine(verdict.Details);
Console.WriteLine(verdict.Json);
return verdict.IsKept ? 0 : 1;
