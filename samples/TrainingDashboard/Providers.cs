using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TrainingDashboard.Simulation;
using TrainingDashboard.Training;

namespace TrainingDashboard;

/// <summary>
/// The providers of this app, real where their clients are set, else simulated. TrainingPeaks stands here twice: an athlete's scopes and a coach's exclude
/// each other, and each names its account in another profile.
/// </summary>
internal static class Providers
{
    public const string Coach = "trainingpeaks-coach";

    public static TokenLifecycleBuilder AddTrainingProviders(this TokenLifecycleBuilder tokens, Settings settings, SimulatedProviders? simulated)
    {
        tokens
            .AddStrava(o =>
            {
                o.Scopes = [StravaProvider.Scopes.Read, StravaProvider.Scopes.ActivityRead];
                if (settings.Strava is { } client)
                    (o.ClientId, o.ClientSecret) = (client.Id, client.Secret);
                else
                    simulated!.Strava.Configure(o);
            })
            .AddTrainingPeaks(o =>
            {
                o.Scopes = [TrainingPeaksProvider.Scopes.AthleteProfile, TrainingPeaksProvider.Scopes.WorkoutsRead, TrainingPeaksProvider.Scopes.MetricsRead];
                UseTrainingPeaks(o, settings, simulated);
            })
            .AddTrainingPeaks(
                o =>
                {
                    UseTrainingPeaks(o, settings, simulated);
                    o.DisplayName = "TrainingPeaks coach";
                    o.Scopes = [TrainingPeaksProvider.Scopes.CoachAthletes, TrainingPeaksProvider.Scopes.WorkoutsRead, TrainingPeaksProvider.Scopes.MetricsRead];
                    o.UserInfoEndpoint = o.UserInfoEndpoint?.Replace("/v1/athlete/profile", "/v1/coach/profile", StringComparison.Ordinal);
                    o.AccountIdPath = "CoachId";
                    if (settings.TrainingPeaks is null)
                        o.AdditionalAuthorizationParameters["login_hint"] = SimulatedProviders.CoachName;
                },
                Coach);

        Uri strava = settings.Strava is null ? new Uri(simulated!.Strava.Address, "api/v3/") : StravaProvider.ApiBase;
        Uri peaks = settings.TrainingPeaks is null ? simulated!.TrainingPeaks.Address : new Uri(settings.TrainingPeaksApi + "/");
        tokens.Services.AddHttpClient<StravaClient>(http => Use(http, strava)).AddTokenHandler(StravaProvider.Name);
        tokens.Services.AddHttpClient<AthleteClient>(http => Use(http, peaks)).AddTokenHandler(TrainingPeaksProvider.Name);
        tokens.Services.AddHttpClient<CoachClient>(http => Use(http, peaks)).AddTokenHandler(Coach);
        return tokens;
    }

    private static void Use(HttpClient http, Uri api)
    {
        http.BaseAddress = api;
        http.Timeout = TimeSpan.FromSeconds(15);
        http.DefaultRequestHeaders.UserAgent.ParseAdd("training-dashboard-sample/1.0"); // TrainingPeaks wants one on every call.
    }

    private static void UseTrainingPeaks(OAuthProviderOptions o, Settings settings, SimulatedProviders? simulated)
    {
        if (settings.TrainingPeaks is not { } client)
        {
            simulated!.TrainingPeaks.Configure(o);
            return;
        }

        (o.ClientId, o.ClientSecret) = (client.Id, client.Secret);
        o.AuthorizationEndpoint = settings.TrainingPeaksAuthorization + "/OAuth/Authorize";
        o.TokenEndpoint = settings.TrainingPeaksAuthorization + "/oauth/token";
        o.RevocationEndpoint = settings.TrainingPeaksAuthorization + "/oauth/deauthorize";
        o.UserInfoEndpoint = settings.TrainingPeaksApi + "/v1/athlete/profile";
        o.ApiOrigins = [settings.TrainingPeaksApi];
    }
}
