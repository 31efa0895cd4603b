using System.Globalization;

namespace TokenLifecycle.Storage;

/// <summary>
/// The notification of one process to the others about a stored connection that it has changed. Fits into a short message, and names
/// neither the user nor a token.
/// </summary>
/// <param name="KeyFingerprint">Which connection: the <see cref="FingerprintOf"/> its key.</param>
/// <param name="Before">What was read of it at any lower version is out of date.</param>
public readonly record struct TokenInvalidation(string KeyFingerprint, long Before)
{
    /// <summary>
    /// Names a connection to those who know of it: 128 bits of the SHA-256 of its key, in hexadecimal. A guess at the user's id can be
    /// checked against it.
    /// </summary>
    /// <param name="key">The connection.</param>
    public static string FingerprintOf(TokenKey key) => TokenFingerprint.Of(key.ToString());

    /// <summary>Reads what <see cref="ToString"/> has written.</summary>
    /// <param name="text">A message, from whomever.</param>
    /// <param name="change">What it says.</param>
    /// <returns>False if it is none of ours.</returns>
    public static bool TryParse(string? text, out TokenInvalidation change)
    {
        int blank = text is null ? -1 : text.IndexOf(' ', StringComparison.Ordinal);
        bool isOurs = long.TryParse(blank < 0 ? null : text.AsSpan(blank + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long before);
        change = isOurs ? new TokenInvalidation(text![..blank], before) : default;
        return isOurs;
    }

    /// <summary>The message: fingerprint, blank, version.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{KeyFingerprint} {Before}");
}
