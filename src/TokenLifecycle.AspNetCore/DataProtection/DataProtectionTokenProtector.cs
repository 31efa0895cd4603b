using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Data Protection, with connection and field as purposes: they are authenticated with the value, each with its length, so a value that is
/// copied to another row or column cannot be read there (ST-3). The text is <c>dp1.{Base64url}</c>.
/// </summary>
internal sealed class DataProtectionTokenProtector(IDataProtectionProvider provider, IOptions<KeyManagementOptions>? keys = null) : ITokenProtector, ITokenProtectorCheck
{
    private const string Format = "dp1.";
    private const string Subject = "Data Protection keys";

    // A separate purpose: what the flow, a cookie or the app protected is not accepted as a token, nor the reverse (ST-4).
    private readonly IDataProtector _root = provider.CreateProtector("TokenLifecycle.AspNetCore.StoredToken.v1");

    /// <summary>
    /// Checks the storage of the keys. A process that has read them continues without the storage until it restarts or the next key is due.
    /// </summary>
    public IReadOnlyList<TokenStoreProblem> Check()
    {
        if (keys?.Value.XmlRepository is not { } place)
            return [];

        try
        {
            return place.GetAllElements().Count > 0
                ? []
                : [new TokenStoreProblem(Subject, "The keys are no longer in their storage. This process continues with the keys that it has read. After a restart, no stored token can be read.", "Restore the keys from their backup.")];
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return [new TokenStoreProblem(
                Subject,
                $"The keys can no longer be read from their storage: {failure.Message} This process continues with the keys that it has read. After a restart, no stored token can be read.",
                "Make sure that this app can read and write the storage given to AddDataProtection().PersistKeysTo...")];
        }
    }

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
            throw new UnreadableTokenException(key, $"its {field} cannot be decrypted. Data Protection says: {failure.Message} Either its keys are not those that wrote the row: give this app the same PersistKeysTo... and SetApplicationName(...) as before, and restore missing keys from their backup; or the key was revoked, or the row was changed: restore it, or let the user disconnect and connect again.", failure);
        }
    }

    private IDataProtector For(TokenKey key, string field)
    {
        IDataProtector protector = _root.CreateProtector(key.Provider).CreateProtector(key.UserId).CreateProtector(key.Connection).CreateProtector(field);
        return key.Tenant.Length == 0 ? protector : protector.CreateProtector(key.Tenant);
    }

    /// <summary>Strict: a text that decodes to the right bytes but is not the one that was written was changed too.</summary>
    private static byte[] Decode(string text)
    {
        byte[] bytes = Base64Url.DecodeFromChars(text);
        return string.Equals(Base64Url.EncodeToString(bytes), text, StringComparison.Ordinal) ? bytes : throw new FormatException("The text is not the one that was written.");
    }
}
