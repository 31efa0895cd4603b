using System.Buffers;

namespace TokenLifecycle.Protocol;

/// <summary>What a token may look like (AT-8, DL-7). A token that breaks a header or a row is refused whole, never cut or escaped.</summary>
internal static class TokenCharacters
{
    public const int MaxAccessToken = 32 * 1024;
    public const int MaxRefreshToken = 8 * 1024;

    private const string B64Token = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";

    private static readonly SearchValues<char> Plain = SearchValues.Create(B64Token);

    /// <summary>RFC 6750 section 2.1: b64token, plus what the provider is known to use beyond it.</summary>
    public static bool IsAccessToken(string token, string extraCharacters)
    {
        if (token.Length is 0 or > MaxAccessToken)
            return false;
        ReadOnlySpan<char> body = token.AsSpan().TrimEnd('=');
        if (body.IsEmpty)
            return false;
        return extraCharacters.Length == 0 ? !body.ContainsAnyExcept(Plain) : !body.ContainsAnyExcept(B64Token + extraCharacters);
    }

    /// <summary>RFC 6749 appendix A.17: visible ASCII and space.</summary>
    public static bool IsRefreshToken(string token) =>
        token.Length is > 0 and <= MaxRefreshToken && !token.AsSpan().ContainsAnyExceptInRange('\x20', '\x7E');
}
