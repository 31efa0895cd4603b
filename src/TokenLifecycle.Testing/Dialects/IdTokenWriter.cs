using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Testing.Dialects;

/// <summary>Writes ID tokens, signed with a random key.</summary>
internal sealed class IdTokenWriter
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public string Write(string issuer, TokenReplyFacts facts)
    {
        string signed = $"{Encode("""{"alg":"HS256","typ":"JWT"}""")}.{Encode(JsonText.Write(
        [
            ("iss", issuer),
            ("azp", facts.ClientId),
            ("aud", facts.ClientId),
            ("sub", facts.Tokens.Grant.User?.AccountId),
            ("nonce", facts.FromCode ? facts.Tokens.Grant.Nonce : null),
            ("iat", facts.Now.ToUnixTimeSeconds()),
            ("exp", facts.Now.AddHours(1).ToUnixTimeSeconds()),
        ]))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
