using System.Text.Json.Serialization;

namespace TrainingDashboard.Training;

/// <summary>Calls Strava's API. The token handler adds the user's token.</summary>
internal sealed class StravaClient(HttpClient http)
{
    public async Task<IReadOnlyList<Activity>> GetActivitiesAsync(CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<Activity[]>("athlete/activities?per_page=10", cancellationToken) ?? [];

    internal sealed record Activity(
        [property: JsonPropertyName("name")] string? Name,
        [property: JsonPropertyName("sport_type")] string? Sport,
        [property: JsonPropertyName("distance")] double Metres,
        [property: JsonPropertyName("moving_time")] int Seconds,
        [property: JsonPropertyName("start_date_local")] DateTimeOffset Start);
}
