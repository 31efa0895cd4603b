using System.Globalization;

namespace TrainingDashboard;

/// <summary>The settings of this run. All are optional: by default the providers are simulated, and connections are stored in files.</summary>
internal sealed class Settings
{
    public required string DataFolder { get; init; }

    /// <summary>The connection string of PostgreSQL; null to store connections in files.</summary>
    public required string? Database { get; init; }

    public required string? PublicOrigin { get; init; }

    public required Client? Strava { get; init; }

    public required Client? TrainingPeaks { get; init; }

    public required string TrainingPeaksAuthorization { get; init; }

    public required string TrainingPeaksApi { get; init; }

    /// <summary>The lifetime of the simulated providers' access tokens.</summary>
    public required TimeSpan SimulatedLifetime { get; init; }

    /// <summary>Whether tokens are refreshed in the background.</summary>
    public required bool RefreshesInBackground { get; init; }

    public bool IsSimulated => Strava is null || TrainingPeaks is null;

    /// <exception cref="SettingsException">Something is missing or wrong.</exception>
    public static Settings Read(IConfiguration configuration, string contentRoot)
    {
        List<string> problems = [];
        var settings = new Settings
        {
            DataFolder = configuration["DataFolder"] ?? Path.Combine(contentRoot, "App_Data"),
            Database = configuration.GetConnectionString("Tokens"),
            PublicOrigin = configuration["PublicOrigin"],
            Strava = ClientOf(configuration, "STRAVA", problems),
            TrainingPeaks = ClientOf(configuration, "TP", problems),
            TrainingPeaksAuthorization = Address(configuration, "TP_AUTH_BASE", "https://oauth.sandbox.trainingpeaks.com", problems),
            TrainingPeaksApi = Address(configuration, "TP_API_BASE", "https://api.sandbox.trainingpeaks.com", problems),
            SimulatedLifetime = Seconds(configuration, "SIMULATED_TOKEN_SECONDS", 20, problems),
            RefreshesInBackground = Flag(configuration, "ENABLE_PROACTIVE_REFRESH", problems),
        };
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }

    private static Client? ClientOf(IConfiguration configuration, string prefix, List<string> problems)
    {
        (string idName, string secretName) = ($"{prefix}_CLIENT_ID", $"{prefix}_CLIENT_SECRET");
        (string? id, string? secret) = (configuration[idName], configuration[secretName]);
        if (string.IsNullOrWhiteSpace(id) != string.IsNullOrWhiteSpace(secret))
        {
            (string present, string missing) = string.IsNullOrWhiteSpace(id) ? (secretName, idName) : (idName, secretName);
            problems.Add($"{present} is set but {missing} is not. Set both to use the real provider, for example: export {missing}=... ; or unset {present} to use the simulated one.");
        }

        return string.IsNullOrWhiteSpace(id) || string.IsNullOrWhiteSpace(secret) ? null : new Client(id, secret);
    }

    private static string Address(IConfiguration configuration, string name, string fallback, List<string> problems)
    {
        string text = configuration[name] is { Length: > 0 } given ? given.TrimEnd('/') : fallback;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme != Uri.UriSchemeHttps)
            problems.Add($"{name} is not an https address. Set it, for example: export {name}={fallback}");
        return text;
    }

    private static TimeSpan Seconds(IConfiguration configuration, string name, int fallback, List<string> problems)
    {
        int seconds = fallback;
        if (configuration[name] is { Length: > 0 } text && (!int.TryParse(text, CultureInfo.InvariantCulture, out seconds) || seconds is < 2 or > 3600))
            problems.Add($"{name} is not a number of seconds from 2 to 3600. Leave it out for {fallback}.");
        return TimeSpan.FromSeconds(seconds);
    }

    private static bool Flag(IConfiguration configuration, string name, List<string> problems)
    {
        bool isOn = true;
        if (configuration[name] is { Length: > 0 } text && !bool.TryParse(text, out isOn))
            problems.Add($"{name} is neither true nor false. Leave it out for true.");
        return isOn;
    }

    /// <summary>An app's registration at a provider.</summary>
    internal sealed record Client(string Id, string Secret)
    {
        public override string ToString() => $"client {Id}";
    }
}
