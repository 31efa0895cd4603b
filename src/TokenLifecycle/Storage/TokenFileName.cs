using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Storage;

/// <summary>
/// Names of the files in a token folder. A hash of the key, so that no user id can name a path, be too long, or differ from another only
/// where the file system sees no difference.
/// </summary>
internal static class TokenFileName
{
    private const string RowSuffix = ".token.json";
    private const string TemporarySuffix = ".token.tmp";
    private const int HashLength = SHA256.HashSizeInBytes * 2;
    private const int IdLength = 32;

    private static readonly SearchValues<char> _hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>The file of a connection's row.</summary>
    /// <exception cref="InvalidOperationException">The key names no user.</exception>
    public static string Of(TokenKey key)
    {
        // default(TokenKey) names no user, and its ToString does not throw; asking it for a part does.
        _ = key.Provider;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString()))) + RowSuffix;
    }

    /// <summary>A name that no file has yet, of the same stripe.</summary>
    public static string Temporary(string name) => $"{name[..HashLength]}.{Guid.NewGuid():N}{TemporarySuffix}";

    /// <summary>A temporary name that does not belong to a connection.</summary>
    public static string Probe() => Temporary(RandomNumberGenerator.GetHexString(HashLength, lowercase: true));

    public static bool IsRow(string name) =>
        name.Length == HashLength + RowSuffix.Length && name.EndsWith(RowSuffix, StringComparison.Ordinal) && IsHexadecimal(name.AsSpan(0, HashLength));

    public static bool IsTemporary(string name) =>
        name.Length == HashLength + 1 + IdLength + TemporarySuffix.Length && name.EndsWith(TemporarySuffix, StringComparison.Ordinal)
        && IsHexadecimal(name.AsSpan(0, HashLength)) && name[HashLength] == '.' && IsHexadecimal(name.AsSpan(HashLength + 1, IdLength));

    /// <summary>Which lock guards a file.</summary>
    public static int Stripe(string name) => Convert.FromHexString(name.AsSpan(0, 2))[0] % FileLocks.Count;

    private static bool IsHexadecimal(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(_hexadecimal);
}
