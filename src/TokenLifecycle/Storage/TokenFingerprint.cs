using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Storage;

/// <summary>Identifies refresh tokens without storing them: the first 128 bits of their SHA-256, in hexadecimal.</summary>
public static class TokenFingerprint
{
    /// <summary>So many fingerprints of replaced refresh tokens are kept with a row.</summary>
    internal const int Kept = 8;

    private const int Bytes = 16;

    /// <summary>The fingerprint of a token.</summary>
    /// <param name="token">The secret; it cannot be found from the fingerprint.</param>
    public static string Of(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        return Convert.ToHexStringLower(hash[..Bytes]);
    }
}
