using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Protocol;

/// <summary>Makes and compares the secrets of an authorization request.</summary>
internal static class RandomSecret
{
    private const int Octets = 32;

    /// <summary>32 random octets as 43 URL-safe characters: fit for a state and for a code verifier (RFC 7636 section 4.1).</summary>
    public static string New()
    {
        Span<byte> octets = stackalloc byte[Octets];
        RandomNumberGenerator.Fill(octets);
        return Base64Url.EncodeToString(octets);
    }

    /// <summary>The S256 challenge of a verifier (RFC 7636 section 4.2).</summary>
    public static string Challenge(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    /// <summary>Compares in constant time.</summary>
    public static bool AreEqual(string expected, string? given) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
}
