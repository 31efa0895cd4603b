using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Storage;

/// <summary>
/// AES-256-GCM with a key ring. The text is <c>tl1.{key id}.{Base64url(salt, ciphertext, tag)}</c>; key id, connection and field are authenticated with it.
/// </summary>
/// <remarks>
/// Key and nonce of each message are derived from the ring's key and a random salt of 192 bits (HKDF-SHA256, RFC 5869). With a random 96-bit nonce alone one
/// key would be good for 2^32 messages (NIST SP 800-38D section 8.3), which ten million connections with hourly tokens write in nine days.
/// </remarks>
internal sealed class KeyRingTokenProtector(Func<string?, TokenKeyRing> ring) : ITokenProtector
{
    private const string Format = "tl1";
    private const int SaltSize = 24;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    // The framework's own check passes padding and white space that its decoder then throws on.
    private static readonly SearchValues<char> _alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static ReadOnlySpan<byte> Purpose => "TokenLifecycle token protection"u8;

    /// <inheritdoc/>
    public string Protect(TokenKey key, string field, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(field);
        ArgumentNullException.ThrowIfNull(value);
        TokenKeyRing keys = ring(null);
        int length = Encoding.UTF8.GetByteCount(value);
        byte[] message = new byte[SaltSize + length + TagSize];
        Span<byte> salt = message.AsSpan(0, SaltSize), text = message.AsSpan(SaltSize, length), tag = message.AsSpan(SaltSize + length);
        RandomNumberGenerator.Fill(salt);
        Encoding.UTF8.GetBytes(value, text);

        Span<byte> derived = stackalloc byte[TokenKeyRing.KeySize + NonceSize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, keys.CurrentKey, derived, salt, Purpose);
        using (var aes = new AesGcm(derived[..TokenKeyRing.KeySize], TagSize))
            aes.Encrypt(derived[TokenKeyRing.KeySize..], text, text, tag, BoundTo(keys.CurrentKeyId, key, field));
        CryptographicOperations.ZeroMemory(derived);
        return $"{Format}.{keys.CurrentKeyId}.{Base64Url.EncodeToString(message)}";
    }

    /// <inheritdoc/>
    public string Unprotect(TokenKey key, string field, string payload)
    {
        ArgumentException.ThrowIfNullOrEmpty(field);
        ArgumentNullException.ThrowIfNull(payload);
        string[] parts = payload.Split('.');
        if (parts.Length != 3 || parts[0] != Format || !TokenKeyRing.IsKeyId(parts[1]))
            throw new UnreadableTokenException(key, $"its {field} was not written by this protector: it is plain text, or was protected in another way. Configure the protection it was written with, or bring plain rows in with TokenImporter.");
        if (ring(parts[1]).Find(parts[1]) is not { } secret)
            throw new UnreadableTokenException(key, $"its {field} is protected with the key \"{parts[1]}\", which this application does not have. Add that key to Keys again; a key may go only when no row needs it any more.");
        if (!TryDecode(parts[2], out byte[] message))
            throw Changed(key, field);

        int length = message.Length - SaltSize - TagSize;
        Span<byte> text = message.AsSpan(SaltSize, length);
        Span<byte> derived = stackalloc byte[TokenKeyRing.KeySize + NonceSize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, derived, message.AsSpan(0, SaltSize), Purpose);
        try
        {
            using var aes = new AesGcm(derived[..TokenKeyRing.KeySize], TagSize);
            aes.Decrypt(derived[TokenKeyRing.KeySize..], text, message.AsSpan(SaltSize + length), text, BoundTo(parts[1], key, field));
            return Encoding.UTF8.GetString(text);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Changed(key, field);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <summary>Strict: a text that decodes to the right bytes but is not the one that was written was changed too.</summary>
    private static bool TryDecode(string text, out byte[] message)
    {
        message = [];
        if (text.AsSpan().ContainsAnyExcept(_alphabet) || !Base64Url.IsValid(text, out int length) || length < SaltSize + TagSize)
            return false;

        message = new byte[length];
        Base64Url.DecodeFromChars(text, message);
        return string.Equals(Base64Url.EncodeToString(message), text, StringComparison.Ordinal);
    }

    /// <summary>Each part with its length before it, so that no two lists of parts make the same bytes.</summary>
    private static byte[] BoundTo(string keyId, TokenKey key, string field)
    {
        ReadOnlySpan<string> parts = [Format, keyId, key.Provider, key.UserId, key.Connection, field];
        int size = 0;
        foreach (string part in parts)
            size += sizeof(int) + Encoding.UTF8.GetByteCount(part);

        byte[] bytes = new byte[size];
        int at = 0;
        foreach (string part in parts)
        {
            int written = Encoding.UTF8.GetBytes(part, bytes.AsSpan(at + sizeof(int)));
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), written);
            at += sizeof(int) + written;
        }

        return bytes;
    }

    private static UnreadableTokenException Changed(TokenKey key, string field) => new(
        key, $"its {field} was changed after it was written, belongs to another connection or field, or was written with another key of the same id. Restore the row or the key from a backup, or disconnect and connect anew.");
}
