using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Reads whether a response denies success by its own member, whatever its status says: <c>"ok": false</c>.</summary>
internal static class SuccessTest
{
    public static bool Fails(OAuthProviderOptions options, BackChannelReply answer)
    {
        if (options.SuccessPath is null || !answer.IsComplete)
            return false;
        using JsonDocument? document = JsonBody.Parse(answer.Body);
        return document is not null && Fails(options, document.RootElement);
    }

    /// <summary>Returns whether the member is there and has another value. A response without it passes: the rest of it decides.</summary>
    public static bool Fails(OAuthProviderOptions options, JsonElement root)
    {
        if (options.SuccessPath is not { } path)
            return false;
        JsonElement[] found = [.. JsonPath.Select(root, path).Take(1)];
        return found.Length > 0 && !string.Equals(JsonPath.Scalar(found[0]), options.SuccessValue, StringComparison.Ordinal);
    }
}
