using System.Net.Http.Json;

namespace TokenLifecycle.Http;

/// <summary>Knows which request bodies can be sent twice (E5). A stream may already be read, so the app has to allow it.</summary>
internal static class ReplayableContent
{
    public static readonly HttpRequestOptionsKey<bool> OptionKey = new("TokenLifecycle.Resend");

    public static bool CanBeSentAgain(HttpRequestMessage request) =>
        IsReplayable(request.Content) || (request.Options.TryGetValue(OptionKey, out bool allowed) && allowed);

    private static bool IsReplayable(HttpContent? content) => content switch
    {
        null => true,
        ByteArrayContent => true, // StringContent and FormUrlEncodedContent too.
        ReadOnlyMemoryContent => true,
        JsonContent => true,
        MultipartContent parts => parts.All(IsReplayable),
        _ => false,
    };
}
