using System.Net.Http.Json;
using System.Text.Json;

namespace KeepAlive;

/// <summary>An ordinary typed client, which does not handle tokens.</summary>
internal sealed class TrainingPeaksClient(HttpClient http)
{
    public async Task<string> GetAthleteIdAsync(CancellationToken cancellationToken)
    {
        JsonElement profile = await http.GetFromJsonAsync<JsonElement>("v1/athlete/profile", cancellationToken);
        return profile.GetProperty("Id").ToString();
    }
}
