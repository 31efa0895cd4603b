using System.Globalization;

namespace TrainingDashboard.Training;

/// <summary>Calls the API of a TrainingPeaks athlete.</summary>
internal sealed class AthleteClient(HttpClient http, TimeProvider time)
{
    public async Task<IReadOnlyList<Workout>> GetWorkoutsAsync(CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<Workout[]>($"v2/workouts/{Week()}", cancellationToken) ?? [];

    public async Task<IReadOnlyList<Metric>> GetMetricsAsync(CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<Metric[]>($"v2/metrics/{Week()}", cancellationToken) ?? [];

    private string Week()
    {
        DateTimeOffset today = time.GetUtcNow();
        return string.Create(CultureInfo.InvariantCulture, $"{today.AddDays(-7):yyyy-MM-dd}/{today:yyyy-MM-dd}");
    }

    internal sealed record Workout(string? Title, string? WorkoutType, DateTime WorkoutDay, double? TotalTime, double? TssActual);

    internal sealed record Metric(DateTime DateTime, double? WeightInKilograms, double? Pulse, double? SleepHours);
}
