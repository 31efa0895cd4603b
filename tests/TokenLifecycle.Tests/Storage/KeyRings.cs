using System.Security.Cryptography;
using System.Text;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Tests.Storage;

/// <summary>Key rings for tests: each id has a key of its own, the same one every time.</summary>
internal static class KeyRings
{
    public static KeyRingTokenProtector Protector(string current, string[] ids, string secret)
    {
        TokenKeyRing ring = TokenKeyRing.TryCreate(current, [.. ids.Select(id => KeyValuePair.Create(id, (string?)KeyOf(id, secret)))], out IReadOnlyList<string> problems)
            ?? throw new InvalidOperationException(string.Join(" ", problems));
        return new KeyRingTokenProtector(_ => ring, static () => []);
    }

    private static string KeyOf(string id, string secret) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(id + secret)));
}
