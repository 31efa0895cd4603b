using TokenLifecycle.Testing;

namespace TrainingDashboard.Simulation;

/// <summary>Strava and TrainingPeaks, simulated in this process. Their data is lost when the app stops.</summary>
internal sealed class SimulatedProviders : IAsyncDisposable
{
    /// <summary>The account that connects as a coach, for every signed-in user.</summary>
    public const string CoachName = "coach";

    private readonly SimulatedProvider[] _all;

    private SimulatedProviders(SimulatedAuthorizationServer strava, SimulatedAuthorizationServer trainingPeaks)
    {
        _all = [new SimulatedProvider("Strava", strava), new SimulatedProvider("TrainingPeaks", trainingPeaks)];
        _all[1].UserNamed(CoachName).IsCoach = true;
    }

    public IReadOnlyList<SimulatedProvider> All => _all;

    public SimulatedAuthorizationServer Strava => _all[0].Server;

    public SimulatedAuthorizationServer TrainingPeaks => _all[1].Server;

    /// <summary>The account with which the browser is signed in at the providers. They support one browser only.</summary>
    public string? SignedIn { get; private set; }

    public static async Task<SimulatedProviders> StartAsync(TimeSpan tokenLifetime, TimeProvider time)
    {
        SimulatedAuthorizationServer strava = await StartAsync(Dialect.Strava);
        SimulatedAuthorizationServer trainingPeaks = await StartAsync(Dialect.TrainingPeaks);

        // As far as is known, a replaced refresh token stays valid there.
        trainingPeaks.Options.ReuseGrace = TimeSpan.MaxValue;
        var sample = new SampleData(time);
        Answer(strava, "/api/v3/athlete/activities", sample.Activities);
        Answer(trainingPeaks, "/v2/workouts", sample.Workouts);
        Answer(trainingPeaks, "/v2/metrics", sample.Metrics);
        Answer(trainingPeaks, "/v1/coach/athletes", SampleData.Athletes);
        return new SimulatedProviders(strava, trainingPeaks);

        Task<SimulatedAuthorizationServer> StartAsync(Dialect dialect) => SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.Dialect = dialect;
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = tokenLifetime;
            o.ConsentAutomatically = false;
            o.RecordRequests = false;
        });
    }

    public void SignIn(string name)
    {
        SignedIn = name;
        foreach (SimulatedProvider provider in _all)
            provider.Server.SignedInUser = provider.UserNamed(name);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SimulatedProvider provider in _all)
            await provider.Server.DisposeAsync();
    }

    /// <summary>Adds sample data to the simulated APIs, which otherwise only check the token.</summary>
    private static void Answer(SimulatedAuthorizationServer server, string path, Func<string> json) =>
        server.Api.FailAlways(Fault.Transform(body => body == "[]" ? json() : body), request => request.Path.StartsWith(path, StringComparison.OrdinalIgnoreCase));
}
