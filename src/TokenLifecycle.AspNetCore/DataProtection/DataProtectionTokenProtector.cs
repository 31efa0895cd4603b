using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Data Protection, with connection and field as purposes: they are authenticated with the value, each with its length, so a value that is copied to another
/// row or column cannot be read there (ST-3). The text is <c>dp1.{Base64url}</c>.
/// </summary>
internal sealed class DataProtectionTokenProtector(IDataProtectionProvider provider) : ITokenProtector
{
    private const string Format = "dp1.";

    // A purpose of its own: what the flow, a cookie or the app protected is no token, nor the other way round (ST-4).
    private readonly IDataProtector _root = provider.CreateProtector("TokenLifecycle.AspNetCore.StoredToken.v1");

    public string Protect(TokenKey key, string field, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(field);
        ArgumentNullException.ThrowIfNull(value);
        return Format + Base64Url.EncodeToString(For(key, field).Protect(Encoding.UTF8.GetBytes(value)));
    }

    public string Unprotect(TokenKey key, string field, string payload)
    {
        ArgumentException.ThrowIfNullOrEmpty(field);
        ArgumentNullException.ThrowIfNull(payload);
        if (!payload.StartsWith(Format, StringComparison.Ordinal))
            throw new UnreadableTokenException(key, $"its {field} was not written with Data Protection: it is plain text, or was protected in another way. Configure the protection it was written with, or bring plain rows in with TokenImporter.");

        try
        {
            return Encoding.UTF8.GetString(For(key, field).Unprotect(Decode(payload[Format.Length..])));
        }
        catch (Exception failure) when (failure is CryptographicException or FormatException)
        {
            throw new UnreadableTokenException(key, $"its {field} cannot be decrypted. Data Protection says: {failure.Message} Either its keys are not those that wrote the row: give this app the same PersistKeysTo... and SetApplicationName(...) as before, and restore missing keys from their backup; or the key was revoked, or the row was changed: restore it, or let the user disconnect and connect anew.", failure);
        }
    }

    private IDataProtector For(TokenKey key, string field) =>
        _root.CreateProtector(key.Provider).CreateProtector(key.UserId).CreateProtector(key.Connection).CreateProtector(field);

    /// <summary>Strict: a text that decodes to the right bytes but is not the one that was written was changed too.</summary>
    private static byte[] Decode(string text)
    {
        byte[] bytes = Base64Url.DecodeFromChars(text);
        return string.Equals(Base64Url.EncodeToString(bytes), text, StringComparison.Ordinal) ? bytes : throw new FormatException("The text is not the one that was written.");
    }
}
