namespace TokenLifecycle.TestKit;

/// <summary>Makes secrets that can be recognized wherever they turn up. Every token, code, secret, verifier and state in the tests is one.</summary>
public static class Canary
{
    /// <summary>Stands in every secret of the tests, and may stand in nothing that the library writes.</summary>
    public const string Mark = "cAnArY";

    private static long _count;

    /// <summary>A new secret, made of characters that every token may hold.</summary>
    public static string New(string kind) => $"{kind}-{Mark}-{Interlocked.Increment(ref _count)}";

    /// <summary>A new key of 32 bytes, the mark standing in its Base64.</summary>
    public static string NewKey() => $"{Mark}{Interlocked.Increment(ref _count)}".PadRight(43, 'A') + "=";
}
