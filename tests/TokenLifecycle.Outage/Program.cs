using TokenLifecycle.Outage;

// One provider does not answer, and another goes on; see the readme beside this file.
if (args is ["neighbour"])
{
    NeighbourFigures neighbour = await NeighbourRun.ExecuteAsync();
    Console.Error.WriteLine(neighbour);
    Console.WriteLine(neighbour.Json);
    return neighbour.Promises.Broken.Count == 0 ? 0 : 1;
}

// A provider is down for a day, flaps, and comes back; see the readme beside this file.
OutageFigures figures = await OutageRun.ExecuteAsync(OutageOptions.Parse(args));
Console.Error.WriteLine(figures);
Console.WriteLine(figures.Json);
return figures.Promises.Broken.Count == 0 ? 0 : 1;
