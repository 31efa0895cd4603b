using TokenLifecycle.Chaos;
using TokenLifecycle.Fleet;

// Nodes keep a large table of connections alive, and are measured while they do; see the readme beside this file.
if (args is ["node", ..])
    return await FleetNode.RunAsync(WorkerSettings.FromEnvironment());

FleetFigures figures = await FleetRun.ExecuteAsync(FleetOptions.Parse(args));
Console.Error.WriteLine(figures);
Console.WriteLine(figures.Json);
return figures.Promises.Broken.Count == 0 ? 0 : 1;
