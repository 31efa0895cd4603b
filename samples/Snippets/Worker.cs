#region worker
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
            .UseFileStore("tokens")
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

internal sealed class NightlySync(TrainingPeaksClient trainingPeaks, IUserDirectory users) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (string userId in users.AllAsync(stoppingToken))
        {
            try
            {
                using (TokenUser.Use(userId))                                // whose token the calls below carry
                    await trainingPeaks.GetProfileAsync(stoppingToken);
            }
            catch (ReauthorizationRequiredException e)
            {
                await users.AskToReconnectAsync(userId, e.Reason, stoppingToken);
            }
            catch (TokenTemporarilyUnavailableException)
            {
                // Tomorrow night is soon enough. Nothing was lost.
            }
        }
    }
}

internal sealed class TrainingPeaksClient(HttpClient http)
{
    public Task<string> GetProfileAsync(CancellationToken cancellationToken) => http.GetStringAsync("v1/athlete/profile", cancellationToken);
}
#endregion

internal interface IUserDirectory
{
    IAsyncEnumerable<string> AllAsync(CancellationToken cancellationToken);

    Task AskToReconnectAsync(string userId, ReauthorizationReason reason, CancellationToken cancellationToken);
}
