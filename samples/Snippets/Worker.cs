#region worker
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TokenLifecycle;
using TokenLifecycle.Providers;

internal static class WorkerApp
{
    public static void Main(string[] args)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddTokenLifecycle()
            .AddTrainingPeaks(builder.Configuration.GetSection("TrainingPeaks"))
            .UseFileStore("tokens")                                          // the folder, or the table, in which the web app puts them
            .ProtectWithKeyFile("keys.json", createIfMissing: true);
        builder.Services.AddHttpClient<TrainingPeaksClient>(http =>
        {
            http.BaseAddress = TrainingPeaksProvider.ApiBase;
            http.DefaultRequestHeaders.UserAgent.ParseAdd("my-app/1.0");     // TrainingPeaks wants one on every call
        }).AddTokenHandler("trainingpeaks");
        builder.Services.AddHostedService<NightlySync>();
        builder.Build().Run();
    }
}

internal sealed class NightlySync(TrainingPeaksClient trainingPeaks, IConfiguration configuration, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var nights = new PeriodicTimer(TimeSpan.FromDays(1), time);
        do
        {
            foreach (string userId in configuration.GetSection("Users").Get<string[]>() ?? []) // your app: its table of users
                await SyncAsync(userId, stoppingToken);
        }
        while (await nights.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SyncAsync(string userId, CancellationToken stoppingToken)
    {
        try
        {
            using (TokenUser.BeginScope(userId))                                    // whose token the calls below carry
                Console.WriteLine($"{userId}: {await trainingPeaks.GetProfileAsync(stoppingToken)}");
        }
        catch (ReauthorizationRequiredException e)
        {
            Console.WriteLine($"{userId} has to connect: {e.Reason}");       // your app: a mail
        }
        catch (TokenTemporarilyUnavailableException)
        {
            // Tomorrow night is soon enough. Nothing was lost.
        }
    }
}

internal sealed class TrainingPeaksClient(HttpClient http)
{
    public Task<string> GetProfileAsync(CancellationToken cancellationToken) => http.GetStringAsync("v1/athlete/profile", cancellationToken);
}
#endregion
