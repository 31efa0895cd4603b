using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.DataProtection;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Values as encrypted text, each kind under its own purpose: nothing that was protected for one thing is taken for another (ST-4,
/// CVE-2023-48309).
/// </summary>
internal static class ProtectedText
{
    public static string Protect<T>(IDataProtector protector, T value, JsonTypeInfo<T> type) =>
        Base64Url.EncodeToString(protector.Protect(JsonSerializer.SerializeToUtf8Bytes(value, type)));

    /// <returns>Null if it can't be read: the keys were lost, or it was forged.</returns>
    public static T? Unprotect<T>(IDataProtector protector, string? text, JsonTypeInfo<T> type)
        where T : class
    {
        if (text is null || !Base64Url.IsValid(text))
            return null;
        try
        {
            return JsonSerializer.Deserialize(protector.Unprotect(Base64Url.DecodeFromChars(text)), type);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or JsonException)
        {
            return null;
        }
    }
}
