using System.Security.Cryptography;

namespace TokenLifecycle.Testing.Grants;

/// <summary>Makes opaque secrets that are never twice the same.</summary>
internal static class Secrets
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private const int RandomLength = 40;

    public static string New(string prefix, string mark, int? length = null)
    {
        string start = prefix + mark;
        return start + RandomNumberGenerator.GetString(Alphabet, Math.Max(RandomLength, (length ?? 0) - start.Length));
    }
}
