using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Testing.Grants;

/// <summary>RFC 7636, S256 only.</summary>
internal static class Pkce
{
    /// <summary>Both or neither: a verifier without a challenge is the downgrade of RFC 9700 section 4.8.</summary>
    public static bool Verifies(string? challenge, string? verifier) =>
        challenge is null || verifier is null
            ? challenge is null && verifier is null
            : challenge == Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
}
