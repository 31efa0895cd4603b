using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Strava's webhook: proves the subscription, and passes on that an athlete has withdrawn access. Strava waits two seconds, so nothing is
/// done here.
/// </summary>
internal sealed class StravaWebhook(StravaWebhookOptions options, IRevocationHints reports)
{
    private const int MaxChallenge = 256;
    private const int MaxDepth = 8;
    private const int MinSecret = 16;
    private const int MaxSecret = 256;

    /// <summary>The route value of the secret.</summary>
    public const string SecretPart = "secret";

    public static bool IsUsableSecret(string secret) => secret.Length is >= MinSecret and <= MaxSecret && secret.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    public Task ProveAsync(HttpContext context)
    {
        CheckSecret(context);
        IQueryCollection query = context.Request.Query;
        string challenge = query["hub.challenge"].ToString();
        bool isOurs = AreEqual(query["hub.verify_token"].ToString(), options.VerifyToken);
        if (!isOurs || query["hub.mode"] != "subscribe" || challenge.Length is 0 or > MaxChallenge)
            throw new BadHttpRequestException("This is not our subscription.", StatusCodes.Status403Forbidden);
        return Answers.WriteAsync(context.Response, StatusCodes.Status200OK, new Dictionary<string, string>(StringComparer.Ordinal) { ["hub.challenge"] = challenge }, WebJson.Default.DictionaryStringString);
    }

    public async Task ReceiveAsync(HttpContext context)
    {
        CheckSecret(context);
        byte[] body = new byte[Shell.MaxForm + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted).ConfigureAwait(false);
        if (length > Shell.MaxForm)
            throw new BadHttpRequestException("The event is too large.", StatusCodes.Status413PayloadTooLarge);
        string? athlete;
        try
        {
            using var document = JsonDocument.Parse(body.AsMemory(0, length), new JsonDocumentOptions { MaxDepth = MaxDepth });
            athlete = WithdrawnAthlete(document.RootElement);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            throw new BadHttpRequestException("This is not an event.", malformed);
        }

        // Strava sends again what is not answered with 200.
        context.Response.StatusCode = athlete is null || reports.TryReport(options.Provider, athlete) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
    }

    private void CheckSecret(HttpContext context)
    {
        if (options.PathSecret.Length > 0 && !AreEqual(context.GetRouteValue(SecretPart) as string ?? "", options.PathSecret))
            throw new BadHttpRequestException("There is nothing here.", StatusCodes.Status404NotFound);
    }

    // Of hashes, so that not even the length shows.
    private static bool AreEqual(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));

    private string? WithdrawnAthlete(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new JsonException();
        bool isWithdrawal = Text(root, "object_type") == "athlete"
            && Text(root, "aspect_type") == "update"
            && root.TryGetProperty("updates", out JsonElement updates) && updates.ValueKind == JsonValueKind.Object
            && string.Equals(Text(updates, "authorized"), "false", StringComparison.OrdinalIgnoreCase)
            && (options.SubscriptionId is not { } ours || Text(root, "subscription_id") == ours.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return isWithdrawal && Text(root, "owner_id") is { Length: > 0 } athlete ? athlete : null;
    }

    /// <summary>A scalar as text: Strava writes <c>"false"</c>, and may yet write <c>false</c>.</summary>
    private static string? Text(JsonElement element, string name) =>
        !element.TryGetProperty(name, out JsonElement value) ? null
        : value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number or JsonValueKind.False or JsonValueKind.True => value.GetRawText(),
            _ => null,
        };
}
