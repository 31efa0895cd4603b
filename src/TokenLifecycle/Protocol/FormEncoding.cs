using System.Text;

namespace TokenLifecycle.Protocol;

/// <summary>The <c>application/x-www-form-urlencoded</c> encoding (RFC 6749 appendix B).</summary>
internal static class FormEncoding
{
    public const string MediaType = "application/x-www-form-urlencoded";

    public static string Encode(string value) => Uri.EscapeDataString(value).Replace("%20", "+", StringComparison.Ordinal);

    public static string Join(IEnumerable<KeyValuePair<string, string>> fields)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in fields)
        {
            if (text.Length > 0)
                text.Append('&');
            text.Append(Encode(name)).Append('=').Append(Encode(value));
        }

        return text.ToString();
    }
}
