using TokenLifecycle.Outage;

// A provider is down for a day, flaps, and comes back; see the readme beside this file.
OutageFigures figures = await OutageRun.ExecuteAsync(OutageOptions.Parse(args));
Console.Error.WriteLine(figures);
Console.WriteLine(figures.Json);
return figures.Promises.Broken.Count == 0 ? 0 : 1;
