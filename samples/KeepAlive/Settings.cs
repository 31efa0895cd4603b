using System.Globalization;

namespace KeepAlive;

/// <summary>The settings of the command line.</summary>
/// <param name="Duration">How long the app calls the APIs.</param>
/// <param name="TokenLifetime">The lifetime of the simulated providers' access tokens.</param>
internal sealed record Settings(TimeSpan Duration, TimeSpan TokenLifetime)
{
    public const string Usage = """
        Keeps a Strava and a TrainingPeaks connection alive while their tokens expire every few seconds.

          --seconds N     how long to go on calling both APIs (default 20)
          --lifetime N    how many seconds a simulated access token lives (default 4)

        Without accounts both providers are simulated on this machine. For the real ones set
          STRAVA_CLIENT_ID, STRAVA_CLIENT_SECRET
          TP_CLIENT_ID, TP_CLIENT_SECRET, TP_AUTH_BASE, TP_API_BASE, TP_REDIRECT_URI
        """;

    public static Settings? Parse(string[] arguments, out string? problem)
    {
        var settings = new Settings(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(4));
        problem = null;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (arguments[i] is not ("--seconds" or "--lifetime"))
                problem = $"Unknown argument {arguments[i]}.";
            else if (i + 1 == arguments.Length || !int.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out int seconds) || seconds is < 1 or > 86_400)
                problem = $"{arguments[i]} requires a number of seconds from 1 to 86400.";
            else if (arguments[i] == "--seconds")
                settings = settings with { Duration = TimeSpan.FromSeconds(seconds) };
            else
                settings = settings with { TokenLifetime = TimeSpan.FromSeconds(seconds) };

            if (problem is not null)
                return null;
        }

        return settings;
    }
}
