using System.Text.Json;
using KeepAlive;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle;
using TokenLifecycle.Protocol;

if (Settings.Parse(args, out string? problem) is not { } settings)
{
    Console.Error.WriteLine($"{problem}\n\n{Settings.Usage}");
    return 2;
}

await using Providers providers = await Providers.StartAsync(settings);

var tally = new Tally();
var services = new ServiceCollection();
services.AddSingleton<ITokenLifecycleObserver>(tally);
services.AddTokenLifecycle()
    .AddStrava(providers.Strava)
    .AddTrainingPeaks(providers.TrainingPeaks);
services.AddHttpClient<StravaClient>(client => client.BaseAddress = providers.StravaApi).AddTokenHandler("strava");
services.AddHttpClient<TrainingPeaksClient>(client =>
{
    client.BaseAddress = providers.TrainingPeaksApi;
    client.DefaultRequestHeaders.UserAgent.ParseAdd("keepalive-sample/1.0"); // TrainingPeaks wants one on every call.
}).AddTokenHandler("trainingpeaks");

await using ServiceProvider app = services.BuildServiceProvider();
ITokenManager tokens = app.GetRequiredService<ITokenManager>();
var strava = new TokenKey("strava", "ada");
var trainingPeaks = new TokenKey("trainingpeaks", "ada");

var connector = new Connector(app.GetRequiredService<IAuthorizationCodeFlow>(), tokens, providers.Callback);
await connector.ConnectAsync(strava, providers.StravaIsReal, CancellationToken.None);
await connector.ConnectAsync(trainingPeaks, providers.TrainingPeaksIsReal, CancellationToken.None);

// The user's work: both APIs, again and again, while the tokens live only seconds. Nothing here knows of tokens but the name of the user.
TimeProvider time = TimeProvider.System;
var table = new LiveTable(tokens, tally, time, [strava, trainingPeaks]);
long started = time.GetTimestamp();
long shown = 0;
using (TokenUser.BeginScope("ada"))
{
    while (time.GetElapsedTime(started) < settings.Duration)
    {
        await CallAsync(() => app.GetRequiredService<StravaClient>().GetAthleteIdAsync(CancellationToken.None));
        await CallAsync(() => app.GetRequiredService<TrainingPeaksClient>().GetAthleteIdAsync(CancellationToken.None));
        if (shown == 0 || time.GetElapsedTime(shown) >= TimeSpan.FromSeconds(1))
        {
            await table.DrawAsync(settings.Duration - time.GetElapsedTime(started), CancellationToken.None);
            shown = time.GetTimestamp();
        }

        await Task.Delay(TimeSpan.FromMilliseconds(50), time, CancellationToken.None);
    }
}

await table.DrawAsync(TimeSpan.Zero, CancellationToken.None);
Console.WriteLine(JsonSerializer.Serialize(new
{
    calls = tally.Calls,
    failed_calls = tally.FailedCalls,
    refreshes = tally.Refreshes,
    reauthorizations = tally.Reauthorizations,
}));
return tally.FailedCalls == 0 ? 0 : 1;

async Task CallAsync(Func<Task<string>> call)
{
    try
    {
        await call();
        tally.Called();
    }
    catch (Exception failure) when (failure is TokenException or HttpRequestException)
    {
        tally.Failed(failure.Message);
    }
}
