namespace TrainingDashboard.Training;

/// <summary>Calls the API of a TrainingPeaks coach.</summary>
internal sealed class CoachClient(HttpClient http)
{
    public async Task<IReadOnlyList<Athlete>> GetAthletesAsync(CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<Athlete[]>("v1/coach/athletes", cancellationToken) ?? [];

    internal sealed record Athlete(long Id, string? FirstName, string? LastName);
}
