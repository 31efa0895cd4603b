using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Worker;

/// <summary>The settings of this run from command line, environment and configuration.</summary>
internal sealed class Settings
{
    public const string Usage = """
        Syncs athletes from Strava again and again, with connections in PostgreSQL that the library keeps alive.

          --seconds N     end after so many seconds (default: run until stopped)
          --once          one pass over all athletes, then end

        ConnectionStrings__Tokens     PostgreSQL, for example "Host=localhost;Database=sync;Username=me;Password=..."
        Strava__ClientId, Strava__ClientSecret     the real Strava; without them it is simulated on this machine
        """;

    public required string Database { get; init; }

    /// <summary>The settings of the real Strava; without <c>ClientId</c>, Strava is simulated.</summary>
    public required IConfigurationSection Strava { get; init; }

    public bool IsSimulated => string.IsNullOrEmpty(Strava["ClientId"]);

    public bool Once { get; private init; }

    /// <summary>How long the worker runs; null to run until it is stopped.</summary>
    public TimeSpan? Duration { get; private init; }

    /// <summary>The time between two passes; a day for a nightly job.</summary>
    public TimeSpan Pause => IsSimulated ? TimeSpan.FromSeconds(1) : TimeSpan.FromHours(24);

    public static Settings? Read(string[] arguments, IConfiguration configuration, out string? problem)
    {
        bool once = false;
        TimeSpan? duration = null;
        problem = null;
        for (int i = 0; i < arguments.Length && problem is null; i++)
        {
            if (arguments[i] == "--once")
                once = true;
            else if (arguments[i] != "--seconds")
                problem = $"Unknown argument {arguments[i]}.";
            else if (++i == arguments.Length || !int.TryParse(arguments[i], CultureInfo.InvariantCulture, out int seconds) || seconds is < 1 or > 86_400)
                problem = "--seconds requires a number from 1 to 86400.";
            else
                duration = TimeSpan.FromSeconds(seconds);
        }

        string? database = configuration.GetConnectionString("Tokens");
        if (problem is null && string.IsNullOrWhiteSpace(database))
            problem = $"This worker stores connections in PostgreSQL, but ConnectionStrings__Tokens is not set. {StartProblem.Example}";

        return problem is null ? new Settings { Database = database!, Strava = configuration.GetSection("Strava"), Once = once, Duration = duration } : null;
    }
}
