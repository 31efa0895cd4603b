using System.Text.RegularExpressions;

namespace TokenLifecycle.Protocol;

/// <summary>
/// An issuer that has one address for each of its tenants: <c>https://login.microsoftonline.com/{tid}/v2.0</c>. Each placeholder is a
/// claim of
/// the ID token, and the token's issuer must be exactly the address with these claims.
/// </summary>
internal static partial class IssuerTemplate
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    public static bool IsTemplate(string issuer) => issuer.Contains('{', StringComparison.Ordinal);

    /// <summary>The claims that the placeholders name, in order.</summary>
    public static IEnumerable<string> ClaimsOf(string issuer) => Placeholder().Matches(issuer).Select(static match => match.Groups["claim"].Value);

    /// <summary>Returns the issuer with the claims in place; null if a claim is missing or is not a plain word.</summary>
    public static string? Expand(string issuer, Func<string, string?> claim)
    {
        bool isWhole = true;
        string expanded = Placeholder().Replace(issuer, match =>
        {
            string? value = claim(match.Groups["claim"].Value);
            isWhole &= value is not null && Word().IsMatch(value);
            return value ?? "";
        });
        return isWhole && !IsTemplate(expanded) ? expanded : null;
    }

    /// <summary>Returns whether an address has the form of the issuer. For a callback, which has no claims.</summary>
    public static bool Matches(string issuer, string address)
    {
        if (!IsTemplate(issuer))
            return string.Equals(issuer, address, StringComparison.Ordinal);
        string[] literals = [.. Placeholder().Split(issuer).Where(static (_, index) => index % 2 == 0)];
        string pattern = $"^{string.Join("[A-Za-z0-9_-]{1,128}", literals.Select(Regex.Escape))}\\z";
        return Regex.IsMatch(address, pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Deadline);
    }

    [GeneratedRegex(@"\{(?<claim>[A-Za-z0-9_]+)\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,128}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
