using System.Text.Json;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Parses what a provider sent, within bounds (DL-6): depth, number of members, nothing after the end. A byte order mark is skipped (RFC
/// 8259 section 8.1).
/// </summary>
internal static class JsonBody
{
    private const int MaxDepth = 16;
    private const int MaxMembers = 1000;

    /// <summary>The document, or null if the bytes are not JSON or beyond the bounds. The caller disposes it.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith("\uFEFF"u8))
            body = body[3..];
        try
        {
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
            int members = 0;
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && ++members > MaxMembers)
                    return null;
            }

            return JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The text of a string; null for anything else and for a string that is not valid Unicode (a lone surrogate).</summary>
    public static string? Text(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The name of a member; null if it is not valid Unicode.</summary>
    public static string? Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
