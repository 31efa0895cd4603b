using System.Net;
using System.Net.Sockets;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;

namespace KeepAlive;

/// <summary>The two providers of this run, real if their accounts are set in the environment, else simulated in this process.</summary>
internal sealed class Providers : IAsyncDisposable
{
    private readonly List<SimulatedAuthorizationServer> _servers = [];

    public required Uri StravaApi { get; init; }

    public required Uri TrainingPeaksApi { get; init; }

    public required Action<OAuthProviderOptions> Strava { get; init; }

    public required Action<OAuthProviderOptions> TrainingPeaks { get; init; }

    public required bool StravaIsReal { get; init; }

    public required bool TrainingPeaksIsReal { get; init; }

    /// <summary>The redirect address.</summary>
    public required Uri Callback { get; init; }

    public static async Task<Providers> StartAsync(Settings settings)
    {
        string? stravaId = Environment.GetEnvironmentVariable("STRAVA_CLIENT_ID");
        string? stravaSecret = Environment.GetEnvironmentVariable("STRAVA_CLIENT_SECRET");
        string? peaksId = Environment.GetEnvironmentVariable("TP_CLIENT_ID");
        string? peaksSecret = Environment.GetEnvironmentVariable("TP_CLIENT_SECRET");
        bool realStrava = Both("STRAVA_CLIENT_ID", stravaId, "STRAVA_CLIENT_SECRET", stravaSecret);
        bool realPeaks = Both("TP_CLIENT_ID", peaksId, "TP_CLIENT_SECRET", peaksSecret);

        SimulatedAuthorizationServer? strava = realStrava ? null : await SimulateAsync(Dialect.Strava, settings);
        SimulatedAuthorizationServer? peaks = realPeaks ? null : await SimulateAsync(Dialect.TrainingPeaks, settings);
        string peaksAuthorization = Base("TP_AUTH_BASE", "https://oauth.sandbox.trainingpeaks.com");
        string peaksApi = Base("TP_API_BASE", "https://api.sandbox.trainingpeaks.com");

        var providers = new Providers
        {
            StravaIsReal = realStrava,
            TrainingPeaksIsReal = realPeaks,
            StravaApi = strava is null ? new Uri("https://www.strava.com/api/v3/") : new Uri(strava.Address, "api/v3/"),
            TrainingPeaksApi = peaks is null ? new Uri(peaksApi + "/") : peaks.Address,
            Callback = CallbackAddress(realStrava || realPeaks),
            Strava = strava is not null ? strava.Configure : options =>
            {
                options.ClientId = stravaId!;
                options.ClientSecret = stravaSecret;
            },
            TrainingPeaks = peaks is not null ? peaks.Configure : options =>
            {
                options.ClientId = peaksId!;
                options.ClientSecret = peaksSecret;
                options.Scopes = ["athlete:profile"];
                options.AuthorizationEndpoint = peaksAuthorization + "/OAuth/Authorize";
                options.TokenEndpoint = peaksAuthorization + "/oauth/token";
                options.RevocationEndpoint = peaksAuthorization + "/oauth/deauthorize";
                options.UserInfoEndpoint = peaksApi + "/v1/athlete/profile";
                options.ApiOrigins = [peaksApi];
            },
        };
        providers._servers.AddRange(new[] { strava, peaks }.OfType<SimulatedAuthorizationServer>());
        return providers;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SimulatedAuthorizationServer server in _servers)
            await server.DisposeAsync();
    }

    private static Task<SimulatedAuthorizationServer> SimulateAsync(Dialect dialect, Settings settings) =>
        SimulatedAuthorizationServer.StartAsync(options =>
        {
            options.Dialect = dialect;
            options.Rotation = Rotation.EveryUse;
            options.AccessTokenLifetime = settings.TokenLifetime;
        });

    /// <summary>The address is registered at a real provider. For simulated providers, any free port works.</summary>
    private static Uri CallbackAddress(bool isRegistered)
    {
        if (isRegistered)
            return new Uri(Environment.GetEnvironmentVariable("TP_REDIRECT_URI") ?? "http://127.0.0.1:5544/callback");

        using var probe = new TcpListener(IPAddress.Loopback, port: 0);
        probe.Start();
        return new Uri($"http://{probe.LocalEndpoint}/callback");
    }

    private static bool Both(string idName, string? id, string secretName, string? secret)
    {
        if (string.IsNullOrEmpty(id) != string.IsNullOrEmpty(secret))
            throw new InvalidOperationException($"Set both {idName} and {secretName}, or neither to use the simulated provider.");
        return !string.IsNullOrEmpty(id);
    }

    private static string Base(string name, string fallback) => (Environment.GetEnvironmentVariable(name) ?? fallback).TrimEnd('/');
}
