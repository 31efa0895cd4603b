using System.Net.Http.Json;
using System.Text.Json;

namespace KeepAlive;

/// <summary>An ordinary typed client, which does not handle tokens.</summary>
internal sealed class StravaClient(HttpClient http)
{
    public async Task<string> GetAthleteIdAsync(CancellationToken cancellationToken)
    {
        JsonElement athlete = await http.GetFromJsonAsync<JsonElement>("athlete", cancellationToken);
        return athlete.GetProperty("id").ToString();
    }
}
