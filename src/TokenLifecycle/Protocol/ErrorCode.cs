using System.Buffers;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Makes a provider's error code fit for logs and pages. Its error_description is never kept: some providers echo the token in it.
/// </summary>
internal static class ErrorCode
{
    private const int MaxLength = 64;

    // Shorter values are not secret, and would be found in any code by chance.
    private const int ShortestSecret = 8;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-");

    /// <summary>
    /// The code without unusual characters and capped (LG-4); null if nothing is left or it holds one of the secrets that were sent.
    /// </summary>
    public static string? Clean(string? code, params ReadOnlySpan<string?> secrets)
    {
        if (string.IsNullOrEmpty(code))
            return null;
        // All of it is cleaned before the comparison, so that neither the cap nor a stripped character hides an echoed secret.
        string clean = Strip(code);
        foreach (string? secret in secrets)
        {
            if (secret is { Length: >= ShortestSecret } && (code.Contains(secret, StringComparison.Ordinal) || Holds(clean, Strip(secret))))
                return null;
        }

        return clean.Length == 0 ? null : clean.Length <= MaxLength ? clean : clean[..MaxLength];
    }

    private static bool Holds(string clean, string secret) => secret.Length > 0 && clean.Contains(secret, StringComparison.Ordinal);

    private static string Strip(string text) =>
        text.AsSpan().ContainsAnyExcept(Allowed) ? string.Concat(text.Where(Allowed.Contains)) : text;
}
