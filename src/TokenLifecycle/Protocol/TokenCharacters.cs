using System.Buffers;

namespace TokenLifecycle.Protocol;

/// <summary>
/// What a token may look like (AT-8, DL-7). A token that breaks a header or a row is refused whole, never cut or escaped.
/// </summary>
internal static class TokenCharacters
{
    public const int MaxAccessToken = 32 * 1024;
    public const int MaxRefreshToken = 8 * 1024;

    // Visible ASCII without what could end or split a header, and without the percent sign: the mark of a token that was encoded once too
    // often (docs/adr/0030).
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("!#$&'()*+-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>
    /// Returns whether a header can carry the token. RFC 6750 section 2.1 allows fewer characters than several providers use.
    /// </summary>
    public static bool IsAccessToken(string token) =>
        token.Length is > 0 and <= MaxAccessToken && !token.AsSpan().ContainsAnyExcept(Allowed) && token.AsSpan().ContainsAnyExcept('=');

    /// <summary>RFC 6749 appendix A.17: visible ASCII and space.</summary>
    public static bool IsRefreshToken(string token) =>
        token.Length is > 0 and <= MaxRefreshToken && !token.AsSpan().ContainsAnyExceptInRange('\x20', '\x7E');
}
