using TokenLifecycle.Chaos;
using TokenLifecycle.Storm;

// Round after round, all callers meet the expired token of one connection at once: in this process, or in several that share a store. The server is strict: a refresh token
// presented twice revokes its whole family, and the next round fails. Its log is the oracle, not the library's own counters.
if (args is ["node"])
    return await StormNode.RunAsync(WorkerSettings.FromEnvironment());

if (args is ["stalled"])
    return await StallNode.RunAsync(WorkerSettings.FromEnvironment());
if (args is ["stall", ..])
    return await StallRun.RunAsync(args[1..]);

StormOptions options = StormOptions.Parse(args);
StormFigures figures = options.Nodes == 0 ? await LocalStorm.RunAsync(options) : await FleetStorm.RunAsync(options);
Console.Error.WriteLine(figures.Details);
Console.WriteLine(figures.Json);
return figures.IsKept ? 0 : 1;
