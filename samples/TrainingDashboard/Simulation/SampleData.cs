using System.Globalization;
using System.Text.Json;

namespace TrainingDashboard.Simulation;

/// <summary>A week of an athlete's training, in each provider's format.</summary>
internal sealed class SampleData(TimeProvider time)
{
    public static string Athletes() => JsonSerializer.Serialize(new[]
    {
        new { Id = 101, FirstName = "Mina", LastName = "Okafor" },
        new { Id = 102, FirstName = "Jonas", LastName = "Lind" },
        new { Id = 103, FirstName = "Priya", LastName = "Raman" },
    });

    public string Activities() => JsonSerializer.Serialize(new[]
    {
        new { name = "Morning run by the river", sport_type = "Run", distance = 8_240.0, moving_time = 2_580, start_date_local = Day(1) },
        new { name = "Hill repeats", sport_type = "Ride", distance = 31_700.0, moving_time = 4_920, start_date_local = Day(2) },
        new { name = "Easy spin", sport_type = "Ride", distance = 22_300.0, moving_time = 3_300, start_date_local = Day(4) },
        new { name = "Long run", sport_type = "Run", distance = 18_900.0, moving_time = 6_180, start_date_local = Day(6) },
    });

    public string Workouts() => JsonSerializer.Serialize(new[]
    {
        new { Title = "Threshold 3 x 10 min", WorkoutType = "Bike", WorkoutDay = Day(1), TotalTime = 1.25, TssActual = 82.0 },
        new { Title = "Technique and drills", WorkoutType = "Swim", WorkoutDay = Day(3), TotalTime = 0.9, TssActual = 41.0 },
        new { Title = "Endurance", WorkoutType = "Run", WorkoutDay = Day(5), TotalTime = 1.6, TssActual = 96.0 },
    });

    public string Metrics() => JsonSerializer.Serialize(new[]
    {
        new { DateTime = Day(0), WeightInKilograms = 68.4, Pulse = 47, SleepHours = 7.6 },
        new { DateTime = Day(1), WeightInKilograms = 68.6, Pulse = 49, SleepHours = 6.9 },
        new { DateTime = Day(2), WeightInKilograms = 68.5, Pulse = 48, SleepHours = 8.1 },
    });

    private string Day(int ago) => time.GetUtcNow().AddDays(-ago).ToString("yyyy-MM-dd'T07:30:00'", CultureInfo.InvariantCulture);
}
