namespace TokenLifecycle.Protocol;

/// <summary>
/// Which content types may hold a token response: JSON's own, and those of servers that don't set one. An HTML page never does (C5).
/// </summary>
internal static class MediaTypes
{
    public static bool IsJson(string? mediaType) => mediaType switch
    {
        null or "application/json" or "text/json" or "text/plain" or "text/javascript" => true,
        _ => mediaType.EndsWith("+json", StringComparison.Ordinal),
    };
}
