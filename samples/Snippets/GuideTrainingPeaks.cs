using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Snippets;

internal static class GuideTrainingPeaks
{
    public static void Configure(IServiceCollection services, IConfiguration configuration)
    {
        #region guide-trainingpeaks
        IConfiguration trainingPeaks = configuration.GetSection("TrainingPeaks");           // ClientId, ClientSecret
        services.AddTokenLifecycle()
            .AddTrainingPeaks(trainingPeaks, o =>
            {
                o.Environment = "sandbox";                                                  // production after TrainingPeaks has approved the app
                o.Scopes = ["athlete:profile", "metrics:read", "workouts:read", "workouts:details"];
            })
            .AddTrainingPeaks(trainingPeaks, o =>
            {
                o.Environment = "sandbox";
                o.Scopes = ["coach:athletes", "metrics:read", "workouts:read", "workouts:details"];
                o.DisplayName = "TrainingPeaks coach";
                o.UserInfoEndpoint = "https://api.sandbox.trainingpeaks.com/v1/coach/profile";
                o.AccountIdPath = "CoachId";                                                // who the account is, there
            }, name: "trainingpeaks-coach")
            .UseFileStore("tokens")
            .ProtectWithKeyFile("keys.json", createIfMissing: true);

        services.AddHttpClient("athlete").AddTokenHandler("trainingpeaks");
        services.AddHttpClient("coach").AddTokenHandler("trainingpeaks-coach");
        #endregion
    }
}
