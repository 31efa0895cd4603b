using System.Text.Json;

namespace TokenLifecycle.Storage;

/// <summary>Reads whose row it is, from bytes that need not be a whole row: of a damaged one the beginning is often still there.</summary>
internal static class StoredTokenKeyReader
{
    /// <summary>The key, or <see langword="null"/> if the bytes do not contain it. The caller must check it by other means.</summary>
    public static TokenKey? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Utf8JsonReader reader = new(bytes);
            string? tenant = null;
            string? provider = null;
            string? userId = null;
            string? connection = null;
            while ((provider is null || userId is null || connection is null) && reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                if (reader.ValueTextEquals("tenant"u8))
                    tenant = Text(ref reader);
                else if (reader.ValueTextEquals("provider"u8))
                    provider = Text(ref reader);
                else if (reader.ValueTextEquals("userId"u8))
                    userId = Text(ref reader);
                else if (reader.ValueTextEquals("connection"u8))
                    connection = Text(ref reader);
            }

            return provider is null || userId is null || connection is null ? null : new TokenKey(provider, userId, connection).In(tenant);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Text(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
}
