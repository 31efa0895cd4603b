using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace TokenLifecycle.Storage;

/// <summary>
/// The ciphers that were used last. To derive one takes several times as long as to use it, and a writer stays with its salt for a while.
/// Two generations: what was not asked for while the younger one filled up is forgotten with the older one.
/// </summary>
internal sealed class MessageCiphers
{
    /// <summary>Bytes of a salt.</summary>
    public const int SaltSize = 16;

    /// <summary>How many a generation holds; one is about a kilobyte.</summary>
    public const int Generation = 512;

    private readonly Lock _gate = new();
    private volatile ConcurrentDictionary<Name, MessageCipher> _younger = new();
    private volatile ConcurrentDictionary<Name, MessageCipher> _older = new();

    public MessageCipher Of(byte[] key, ReadOnlySpan<byte> salt)
    {
        var name = new Name(key, BinaryPrimitives.ReadUInt128LittleEndian(salt));
        if (_younger.TryGetValue(name, out MessageCipher? cipher))
            return cipher;

        cipher = _older.TryGetValue(name, out MessageCipher? old) ? old : MessageCipher.Derive(key, salt);
        lock (_gate)
        {
            if (_younger.Count >= Generation)
                (_older, _younger) = (_younger, new());
            _younger[name] = cipher;
        }

        return cipher;
    }

    /// <summary>The key by its place in memory: a ring that was read again has other keys, even if their ids are the same.</summary>
    private readonly record struct Name(byte[] Key, UInt128 Salt);
}
