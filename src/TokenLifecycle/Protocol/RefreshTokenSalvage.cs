using System.Text.Json;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Finds the refresh token in a 2xx answer that is refused otherwise (B6, law 4). The provider may have rotated, and then this is the only
/// copy: a wrong content type, a broken neighbour or a torn end must not lose it.
/// </summary>
internal static class RefreshTokenSalvage
{
    /// <summary>
    /// The one complete and usable refresh token of the object that holds the tokens; null if there is none, or more than one so that it is
    /// unknown which.
    /// </summary>
    /// <param name="body">The body, complete or not.</param>
    /// <param name="tokenRoot">The path of the object that holds the tokens. The refresh token may be at the root too; null for the root
    /// alone.</param>
    public static string? Find(ReadOnlySpan<byte> body, string? tokenRoot = null)
    {
        if (body.StartsWith("\uFEFF"u8))
            body = body[3..];
        return (tokenRoot is null ? null : FindAt(body, tokenRoot.Split('.'))) ?? FindAt(body, []);
    }

    private static string? FindAt(ReadOnlySpan<byte> body, string[] path)
    {
        string? found = null;
        int seen = 0;
        try
        {
            // Not the final block: at a torn end the reader stops instead of throwing, and does not report a half string as whole.
            var reader = new Utf8JsonReader(body, isFinalBlock: false, default);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            int matched = 0;
            while (reader.Read())
            {
                // How much of the path leads to where the reader is: the end of an object leaves it.
                if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth <= matched)
                    matched = Math.Max(reader.CurrentDepth - 1, 0);
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != matched + 1)
                    continue;
                if (matched < path.Length && reader.ValueTextEquals(path[matched]))
                {
                    if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                        matched++;
                    continue;
                }

                if (matched != path.Length || !IsNamed(ref reader, out bool exact))
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
