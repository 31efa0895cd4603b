using System.Net;
using System.Text.RegularExpressions;

namespace TokenLifecycle.Integration.Tests;

/// <summary>The first form of a page, as much of HTML as a sign-in page needs.</summary>
internal sealed partial class HtmlForm
{
    private HtmlForm(string action, HttpMethod method, Dictionary<string, string> fields)
    {
        Action = action;
        Method = method;
        Fields = fields;
    }

    public string Action { get; }

    public HttpMethod Method { get; }

    /// <summary>What a browser would send, the fields for the user to fill in being empty.</summary>
    public Dictionary<string, string> Fields { get; }

    public static HtmlForm? Find(string page)
    {
        Match form = FormElement().Match(page);
        if (!form.Success)
            return null;

        Dictionary<string, string> attributes = Attributes(form.Groups["attributes"].Value);
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match input in InputElement().Matches(form.Groups["inside"].Value))
        {
            Dictionary<string, string> field = Attributes(input.Groups["attributes"].Value);
            bool isUnchecked = field.GetValueOrDefault("type") is "checkbox" or "radio" && !field.ContainsKey("checked");
            if (field.TryGetValue("name", out string? name) && !isUnchecked)
                fields[name] = field.GetValueOrDefault("value", "");
        }

        bool isPost = string.Equals(attributes.GetValueOrDefault("method"), "post", StringComparison.OrdinalIgnoreCase);
        return new HtmlForm(attributes.GetValueOrDefault("action", ""), isPost ? HttpMethod.Post : HttpMethod.Get, fields);
    }

    /// <summary>Where the first link leads whose address ends so.</summary>
    public static string? FindLink(string page, string ending) => LinkElement().Matches(page)
        .Select(link => Attributes(link.Groups["attributes"].Value).GetValueOrDefault("href", ""))
        .FirstOrDefault(address => address.EndsWith(ending, StringComparison.Ordinal));

    private static Dictionary<string, string> Attributes(string text)
    {
        var attributes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (Match attribute in Attribute().Matches(text))
            attributes[attribute.Groups["name"].Value] = WebUtility.HtmlDecode(attribute.Groups["value"].Value);
        return attributes;
    }

    [GeneratedRegex("""<form\b(?<attributes>(?:[^>"']|"[^"]*"|'[^']*')*)>(?<inside>.*?)</form\s*>""", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex FormElement();

    [GeneratedRegex("""<input\b(?<attributes>(?:[^>"']|"[^"]*"|'[^']*')*)>""", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex InputElement();

    [GeneratedRegex("""<a\b(?<attributes>(?:[^>"']|"[^"]*"|'[^']*')*)>""", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex LinkElement();

    [GeneratedRegex("""(?<name>[^\s"'<>/=]+)(?:\s*=\s*(?:"(?<value>[^"]*)"|'(?<value>[^']*)'|(?<value>[^\s"'=<>`]+)))?""")]
    private static partial Regex Attribute();
}
