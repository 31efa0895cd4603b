using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace TokenLifecycle.Storage;

/// <summary>AES-256-GCM under a key that was derived from a key of the ring and a salt (HKDF-SHA256, RFC 5869).</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "One that is forgotten may still be in use by another thread; its handle ends with it.")]
internal sealed class MessageCipher
{
    /// <summary>Bytes of a nonce: the 96 bits of NIST SP 800-38D.</summary>
    public const int NonceSize = 12;

    /// <summary>Bytes of a tag.</summary>
    public const int TagSize = 16;

    private readonly Lock _turn = new(); // The framework's cipher is for one thread at a time; a token takes it about a microsecond.
    private readonly AesGcm _aes;

    private MessageCipher(ReadOnlySpan<byte> key) => _aes = new AesGcm(key, TagSize);

    private static ReadOnlySpan<byte> Purpose => "TokenLifecycle token protection"u8;

    public static MessageCipher Derive(byte[] key, ReadOnlySpan<byte> salt)
    {
        Span<byte> derived = stackalloc byte[TokenKeyRing.KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, derived, salt, Purpose);
        var cipher = new MessageCipher(derived);
        CryptographicOperations.ZeroMemory(derived);
        return cipher;
    }

    /// <summary>Encrypts in place.</summary>
    public void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> text, Span<byte> tag, ReadOnlySpan<byte> boundTo)
    {
        lock (_turn)
            _aes.Encrypt(nonce, text, text, tag, boundTo);
    }

    /// <summary>Decrypts in place.</summary>
    /// <exception cref="AuthenticationTagMismatchException">It is not what was encrypted.</exception>
    public void Decrypt(ReadOnlySpan<byte> nonce, Span<byte> text, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> boundTo)
    {
        lock (_turn)
            _aes.Decrypt(nonce, text, tag, text, boundTo);
    }
}
