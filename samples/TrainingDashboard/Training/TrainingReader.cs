using System.Globalization;
using System.Text.Json;
using TokenLifecycle;
using TokenLifecycle.Providers;

namespace TrainingDashboard.Training;

/// <summary>Reads what a connection gives access to. Three kinds of failure, by who can resolve them; the connection's own card states how.</summary>
internal sealed class TrainingReader(StravaClient strava, AthleteClient athlete, CoachClient coach)
{
    public async Task<IReadOnlyList<DataTable>> ReadAsync(TokenKey key, IReadOnlyList<string> granted, CancellationToken cancellationToken)
    {
        // Which of the user's connections the calls below are for.
        using IDisposable _ = TokenUser.BeginScope(key.UserId, key.Connection);
        return key.Provider switch
        {
            StravaProvider.Name => [await ReadAsync("Activities", ["Date", "Activity", "Sport", "Distance", "Time"], StravaProvider.Scopes.ActivityRead, granted, async () =>
                from a in await strava.GetActivitiesAsync(cancellationToken)
                select (string[])[Day(a.Start.DateTime), a.Name ?? "", a.Sport ?? "", Text($"{a.Metres / 1000:0.0} km"), Hours(a.Seconds / 3600.0)])],
            TrainingPeaksProvider.Name =>
            [
                await ReadAsync("Workouts", ["Date", "Workout", "Type", "Time", "TSS"], TrainingPeaksProvider.Scopes.WorkoutsRead, granted, async () =>
                    from w in await athlete.GetWorkoutsAsync(cancellationToken)
                    select (string[])[Day(w.WorkoutDay), w.Title ?? "", w.WorkoutType ?? "", Hours(w.TotalTime ?? 0), Text($"{w.TssActual:0}")]),
                await ReadAsync("Metrics", ["Date", "Weight", "Pulse", "Sleep"], TrainingPeaksProvider.Scopes.MetricsRead, granted, async () =>
                    from m in await athlete.GetMetricsAsync(cancellationToken)
                    select (string[])[Day(m.DateTime), Text($"{m.WeightInKilograms:0.0} kg"), Text($"{m.Pulse:0}"), Hours(m.SleepHours ?? 0)]),
            ],
            _ => [await ReadAsync("Athletes", ["Name", "Id"], TrainingPeaksProvider.Scopes.CoachAthletes, granted, async () =>
                from a in await coach.GetAthletesAsync(cancellationToken)
                select (string[])[$"{a.FirstName} {a.LastName}", Text($"{a.Id}")])],
        };
    }

    private static async Task<DataTable> ReadAsync(string title, string[] columns, string scope, IReadOnlyList<string> granted, Func<Task<IEnumerable<string[]>>> read)
    {
        if (!granted.Contains(scope, StringComparer.Ordinal))
            return Without($"You did not allow this ({scope}).");

        try
        {
            return new DataTable(title, columns, [.. await read()]);
        }
        catch (ReauthorizationRequiredException)
        {
            return Without("Not available until you reconnect.");
        }
        catch (TokenTemporarilyUnavailableException wait)
        {
            return Without(Text($"Not available for the moment. Try again in {Math.Max(1, wait.RetryAfter.TotalSeconds):0} s."));
        }
        catch (ProviderConfigurationException)
        {
            return Without("Not available: this app is not set up correctly. Its operator has been notified.");
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or TaskCanceledException { InnerException: TimeoutException })
        {
            return Without("The provider did not answer as expected. Reload the page in a moment.");
        }

        DataTable Without(string problem) => new(title, columns, [], problem);
    }

    private static string Day(DateTime day) => day.ToString("d MMM", CultureInfo.InvariantCulture);

    private static string Hours(double hours) => TimeSpan.FromHours(hours).ToString("h\\:mm", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
