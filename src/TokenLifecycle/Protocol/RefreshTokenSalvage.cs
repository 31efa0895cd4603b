using System.Text.Json;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Finds the refresh token in a 2xx answer that is refused otherwise (B6, law 4). The provider may have rotated, and then this is the only copy:
/// a wrong content type, a broken neighbour or a torn end must not lose it.
/// </summary>
internal static class RefreshTokenSalvage
{
    /// <summary>The one complete and usable top-level refresh token; null if there is none, or more than one, which is ambiguous.</summary>
    public static string? Find(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("\uFEFF"u8))
            body = body[3..];
        string? found = null;
        int seen = 0;
        try
        {
            // Not the final block: at a torn end the reader stops instead of throwing, and does not report a half string as whole.
            var reader = new Utf8JsonReader(body, isFinalBlock: false, default);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1 || !IsNamed(ref reader, out bool exact))
                    continue;
                seen++;
                if (!reader.Read())
                    break;
                if (exact && reader.TokenType == JsonTokenType.String)
                    found = reader.GetString();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Broken from here on (a syntax error, a lone surrogate): what was complete before it counts.
        }

        return seen == 1 && found is not null && TokenCharacters.IsRefreshToken(found) ? found : null;
    }

    // A case variant counts as a second one, but not as the one: see TE-7.
    private static bool IsNamed(ref Utf8JsonReader reader, out bool exact)
    {
        exact = reader.ValueTextEquals("refresh_token"u8);
        try
        {
            return exact || string.Equals(reader.GetString(), "refresh_token", StringComparison.OrdinalIgnoreCase);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
