using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Storage;

/// <summary>
/// AES-256-GCM with a key ring. The text is <c>tl2.{key id}.{Base64url(salt, nonce, ciphertext, tag)}</c>; key id, connection and field are
/// authenticated with it.
/// </summary>
/// <remarks>
/// With random 96-bit nonces one key is good for 2^32 messages (NIST SP 800-38D section 8.3), which ten million connections with hourly
/// tokens write in nine days. So messages are not encrypted with the ring's key but with keys derived from it and a random salt, of which
/// each writer takes a new one after <see cref="MessagesPerSalt"/>.
/// </remarks>
/// <param name="ring">Returns the keys. The argument is the id of a key that must be known.</param>
/// <param name="problems">Returns the problems with the storage of the keys.</param>
internal sealed class KeyRingTokenProtector(Func<string?, TokenKeyRing> ring, Func<IReadOnlyList<TokenStoreProblem>> problems) : ITokenProtector, ITokenProtectorCheck
{
    /// <summary>How often a writer uses a salt: two nonces of so many are the same with a probability of 2^-61.</summary>
    public const int MessagesPerSalt = 1 << 18;

    private const string Format = "tl2";
    private const string Prefix = Format + ".";
    private const int TextAt = MessageCiphers.SaltSize + MessageCipher.NonceSize;

    /// <summary>Bytes that need no place in the heap.</summary>
    private const int OnStack = 512;

    // The framework's own check passes padding and white space that its decoder then throws on.
    private static readonly SearchValues<char> _alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private readonly MessageCiphers _ciphers = new();
    private WriterSalt? _writer;

    /// <inheritdoc/>
    public IReadOnlyList<TokenStoreProblem> Check() => problems();

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
        _ciphers.Of(keys.CurrentKey, salt).Encrypt(nonce, text, tag, BoundTo(keys.CurrentKeyId, key, field, stackalloc byte[OnStack]));
        return $"{Format}.{keys.CurrentKeyId}.{Base64Url.EncodeToString(message)}";
    }

    /// <inheritdoc/>
    public string Unprotect(TokenKey key, string field, string payload)
    {
        ArgumentException.ThrowIfNullOrEmpty(field);
        ArgumentNullException.ThrowIfNull(payload);
        ReadOnlySpan<char> keyIdAndText = payload.StartsWith(Prefix, StringComparison.Ordinal) ? payload.AsSpan(Prefix.Length) : default;
        int dot = keyIdAndText.IndexOf('.');
        string keyId = dot < 0 ? "" : keyIdAndText[..dot].ToString();
        ReadOnlySpan<char> written = keyIdAndText[(dot + 1)..];
        if (!TokenKeyRing.IsKeyId(keyId) || written.Contains('.'))
            throw new UnreadableTokenException(key, $"its {field} was not written by this protector: it is plain text, or was protected in another way. Configure the protection it was written with, or bring plain rows in with TokenImporter.");
        if (ring(keyId).Find(keyId) is not { } secret)
            throw new UnreadableTokenException(key, $"its {field} is protected with the key \"{keyId}\", which this application does not have. Add that key to Keys again; a key may go only when no row needs it any more.");

        int most = Base64Url.GetMaxDecodedLength(written.Length);
        byte[]? rented = most > OnStack ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> message = rented ?? stackalloc byte[OnStack];
        try
        {
            if (!TryDecode(written, ref message))
                throw Changed(key, field);

            Span<byte> text = message[TextAt..^MessageCipher.TagSize];
            _ciphers.Of(secret, message[..MessageCiphers.SaltSize]).Decrypt(
                message.Slice(MessageCiphers.SaltSize, MessageCipher.NonceSize), text, message[^MessageCipher.TagSize..], BoundTo(keyId, key, field, stackalloc byte[OnStack]));
            return Encoding.UTF8.GetString(text);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Changed(key, field);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(message);
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private byte[] NextSalt(byte[] key)
    {
        while (true)
        {
            WriterSalt? writer = Volatile.Read(ref _writer);
            if (writer is not null && ReferenceEquals(writer.Key, key) && writer.TryUse())
                return writer.Salt;

            Interlocked.CompareExchange(ref _writer, new WriterSalt(key), writer); // The second caller uses what the first stored.
        }
    }

    /// <summary>Strict: a text that decodes to the right bytes but is not the one that was written was changed too.</summary>
    private static bool TryDecode(ReadOnlySpan<char> text, ref Span<byte> message)
    {
        if (text.ContainsAnyExcept(_alphabet) || Base64Url.DecodeFromChars(text, message, out _, out int length) != OperationStatus.Done)
            return false;

        message = message[..length];
        int last = length % 3; // Only what stands for less than three bytes has bits to spare.
        Span<char> end = stackalloc char[4];
        return length >= TextAt + MessageCipher.TagSize && (last == 0 || text.EndsWith(end[..Base64Url.EncodeToChars(message[^last..], end)], StringComparison.Ordinal));
    }

    /// <summary>Each part with its length before it, so that no two lists of parts make the same bytes.</summary>
    private static ReadOnlySpan<byte> BoundTo(string keyId, TokenKey key, string field, Span<byte> bytes)
    {
        ReadOnlySpan<string> parts = key.Tenant.Length == 0
            ? [Format, keyId, key.Provider, key.UserId, key.Connection, field]
            : [Format, keyId, key.Provider, key.UserId, key.Connection, field, key.Tenant];
        int size = 0;
        foreach (string part in parts)
            size += sizeof(int) + Encoding.UTF8.GetByteCount(part);
        if (size > bytes.Length)
            bytes = new byte[size];

        int at = 0;
        foreach (string part in parts)
        {
            int written = Encoding.UTF8.GetBytes(part, bytes[(at + sizeof(int))..]);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[at..], written);
            at += sizeof(int) + written;
        }

        return bytes[..size];
    }

    private static UnreadableTokenException Changed(TokenKey key, string field) => new(
        key, $"its {field} was changed after it was written, belongs to another connection or field, or was written with another key of the same id. Restore the row or the key from a backup, or disconnect and connect again.");

    private sealed class WriterSalt(byte[] key)
    {
        private int _used;

        public byte[] Key => key;

        public byte[] Salt { get; } = RandomNumberGenerator.GetBytes(MessageCiphers.SaltSize);

        public bool TryUse() => Volatile.Read(ref _used) < MessagesPerSalt && Interlocked.Increment(ref _used) <= MessagesPerSalt;
    }
}
