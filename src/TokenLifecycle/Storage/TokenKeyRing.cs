using System.Collections.Frozen;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace TokenLifecycle.Storage;

/// <summary>The keys of the token protector: the current one, which encrypts, and all that can decrypt.</summary>
[DebuggerDisplay("{ToString(),nq}")]
internal sealed class TokenKeyRing
{
    /// <summary>Bytes of a key: AES-256.</summary>
    public const int KeySize = 32;

    private readonly FrozenDictionary<string, byte[]> _keys;

    private TokenKeyRing(string currentKeyId, FrozenDictionary<string, byte[]> keys)
    {
        CurrentKeyId = currentKeyId;
        CurrentKey = keys[currentKeyId];
        _keys = keys;
    }

    public string CurrentKeyId { get; }

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public byte[] CurrentKey { get; }

    public byte[]? Find(string keyId) => _keys.GetValueOrDefault(keyId);

    /// <summary>Makes a ring, or says everything that is wrong with it. No message holds a key.</summary>
    /// <param name="currentKeyId">The key that writes; may be left out if there is only one.</param>
    /// <param name="keys">Id to key in Base64.</param>
    /// <param name="problems">What is wrong, and what to do; empty if a ring was made.</param>
    public static TokenKeyRing? TryCreate(string? currentKeyId, IReadOnlyCollection<KeyValuePair<string, string?>> keys, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        problems = found;
        var decoded = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach ((string id, string? text) in keys)
        {
            var bytes = new byte[KeySize];
            if (!IsKeyId(id))
                found.Add($"A key id has characters other than A-Z, a-z, 0-9, - and _, or is longer than 64. Rename it, for example to 2026-11.");
            else if (text is null || !Convert.TryFromBase64String(text, new byte[text.Length], out int length) || length != KeySize)
                found.Add($"Key \"{id}\" is not {KeySize} bytes in Base64. Make one with: openssl rand -base64 {KeySize}");
            else if (Convert.TryFromBase64String(text, bytes, out _))
                decoded[id] = bytes;
        }

        if (keys.Count == 0)
            found.Add($"The key ring is empty. Add a key under Keys, id to key; create it with: openssl rand -base64 {KeySize}");
        string? current = string.IsNullOrEmpty(currentKeyId) && keys.Count == 1 ? keys.First().Key : currentKeyId;
        if (keys.Count > 0 && string.IsNullOrEmpty(current))
            found.Add("There are several keys, and CurrentKeyId does not say which one writes. Set it to the id of the newest.");
        else if (keys.Count > 0 && !keys.Any(entry => string.Equals(entry.Key, current, StringComparison.Ordinal)))
            found.Add("CurrentKeyId is not among Keys. Set it to one of their ids.");

        return found.Count == 0 ? new TokenKeyRing(current!, decoded.ToFrozenDictionary(StringComparer.Ordinal)) : null;
    }

    /// <summary>Reads <c>{ "CurrentKeyId": "...", "Keys": { "id": "Base64" } }</c>.</summary>
    public static TokenKeyRing? TryParse(ReadOnlyMemory<byte> json, out IReadOnlyList<string> problems)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            string? current = document.RootElement.TryGetProperty(nameof(CurrentKeyId), out JsonElement id) ? id.GetString() : null;
            List<KeyValuePair<string, string?>> keys = document.RootElement.TryGetProperty("Keys", out JsonElement all)
                ? [.. all.EnumerateObject().Select(static key => KeyValuePair.Create(key.Name, key.Value.ValueKind == JsonValueKind.String ? key.Value.GetString() : null))]
                : [];
            return TryCreate(current, keys, out problems);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The cause is left out: its message may quote a key.
            problems = ["It is not of the form { \"CurrentKeyId\": \"2026-11\", \"Keys\": { \"2026-11\": \"<32 bytes in Base64>\" } }."];
            return null;
        }
    }

    /// <summary>A new ring with one key, in the form that <see cref="TryParse"/> reads.</summary>
    public static byte[] NewJson(string keyId, ReadOnlySpan<byte> key) => Encoding.UTF8.GetBytes(
        $$"""
        {
          "CurrentKeyId": "{{keyId}}",
          "Keys": {
            "{{keyId}}": "{{Convert.ToBase64String(key)}}"
          }
        }

        """);

    public static bool IsKeyId(ReadOnlySpan<char> id)
    {
        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        }

        return id.Length is > 0 and <= 64;
    }

    public override string ToString() => $"key ring (redacted), {_keys.Count} key(s), {CurrentKeyId} writes";
}
