using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Storage;

/// <summary>
/// AES-256-GCM with a key ring. The text is <c>tl2.{key id}.{Base64url(salt, nonce, ciphertext, tag)}</c>; key id, connection and field are authenticated with it.
/// </summary>
/// <remarks>
/// With random 96-bit nonces one key is good for 2^32 messages (NIST SP 800-38D section 8.3), which ten million connections with hourly tokens write in nine days. So messages are not
/// encrypted with the ring's key but with keys derived from it and a random salt, of which each writer takes a new one after <see cref="MessagesPerSalt"/>.
/// </remarks>
internal sealed class KeyRingTokenProtector(Func<string?, TokenKeyRing> ring) : ITokenProtector
{
    /// <summary>How often a writer uses a salt: two nonces of so many are the same with a probability of 2^-61.</summary>
    public const int MessagesPerSalt = 1 << 18;

    private const string Format = "tl2";
    private const int TextAt = MessageCiphers.SaltSize + MessageCipher.NonceSize;

    // The framework's own check passes padding and white space that its decoder then throws on.
    private static readonly SearchValues<char> _alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private readonly MessageCiphers _ciphers = new();
    private WriterSalt? _writer;

    /// <inheritdoc/>
    public string Protect(TokenKey key, string field, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(field);
        ArgumentNullException.ThrowIfNull(value);
        TokenKeyRing keys = ring(null);
        byte[] salt = NextSalt(keys.CurrentKey);
        int length = Encoding.UTF8.GetByteCount(value);
        byte[] message = new byte[TextAt + length + MessageCipher.TagSize];
        Span<byte> nonce = message.AsSpan(MessageCiphers.SaltSize, MessageCipher.NonceSize), text = message.AsSpan(TextAt, length), tag = message.AsSpan(TextAt + length);
        salt.CopyTo(message, 0);
        RandomNumberGenerator.Fill(nonce);
        Encoding.UTF8.GetBytes(value, text);
        _ciphers.Of(keys.CurrentKey, salt).Encrypt(nonce, text, tag, BoundTo(keys.CurrentKeyId, key, field));
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

        Span<byte> text = message.AsSpan(TextAt, message.Length - TextAt - MessageCipher.TagSize);
        try
        {
            _ciphers.Of(secret, message.AsSpan(0, MessageCiphers.SaltSize)).Decrypt(
                message.AsSpan(MessageCiphers.SaltSize, MessageCipher.NonceSize), text, message.AsSpan(TextAt + text.Length), BoundTo(parts[1], key, field));
            return Encoding.UTF8.GetString(text);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Changed(key, field);
        }
    }

    private byte[] NextSalt(byte[] key)
    {
        while (true)
        {
            WriterSalt? writer = Volatile.Read(ref _writer);
            if (writer is not null && ReferenceEquals(writer.Key, key) && writer.TryUse())
                return writer.Salt;

            Interlocked.CompareExchange(ref _writer, new WriterSalt(key), writer); // Whoever is second uses what the first put there.
        }
    }

    /// <summary>Strict: a text that decodes to the right bytes but is not the one that was written was changed too.</summary>
    private static bool TryDecode(string text, out byte[] message)
    {
        message = [];
        if (text.AsSpan().ContainsAnyExcept(_alphabet) || !Base64Url.IsValid(text, out int length) || length < TextAt + MessageCipher.TagSize)
            return false;

        message = new byte[length];
        Base64Url.DecodeFromChars(text, message);
        int last = length % 3; // Only what stands for less than three bytes has bits to spare.
        return last == 0 || text.EndsWith(Base64Url.EncodeToString(message.AsSpan(length - last)), StringComparison.Ordinal);
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

    private sealed class WriterSalt(byte[] key)
    {
        private int _used;

        public byte[] Key => key;

        public byte[] Salt { get; } = RandomNumberGenerator.GetBytes(MessageCiphers.SaltSize);

        public bool TryUse() => Volatile.Read(ref _used) < MessagesPerSalt && Interlocked.Increment(ref _used) <= MessagesPerSalt;
    }
}
