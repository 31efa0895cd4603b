using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Gives the parameters of a request the names that the provider uses, and adds the ones from the settings.</summary>
internal static class ParameterNaming
{
    /// <summary>
    /// Returns the parameters in the form in which they are sent: each name once, and the library's own before those of the settings (XP-1,
    /// XP-2).
    /// </summary>
    public static List<KeyValuePair<string, string>> Apply(OAuthProviderOptions options, ProviderRequestKind kind, IEnumerable<KeyValuePair<string, string>> own,
        IEnumerable<KeyValuePair<string, string>> additional)
    {
        var sent = new List<KeyValuePair<string, string>>();
        foreach ((string name, string value) in own)
        {
            if (NameOf(options, kind, name) is { Length: > 0 } wireName && !Has(sent, wireName))
                sent.Add(new(wireName, value));
        }

        foreach ((string name, string value) in additional)
        {
            if (!Has(sent, name))
                sent.Add(new(name, value));
        }

        return sent;
    }

    private static string NameOf(OAuthProviderOptions options, ProviderRequestKind kind, string name)
    {
        if (options.ParameterNames.Count == 0)
            return name;
        return options.ParameterNames.TryGetValue(PrefixOf(kind) + name, out string? other) || options.ParameterNames.TryGetValue(name, out other) ? other ?? "" : name;
    }

    private static string PrefixOf(ProviderRequestKind kind) => kind switch
    {
        ProviderRequestKind.Authorization => "authorization.",
        ProviderRequestKind.Token => "token.",
        ProviderRequestKind.Refresh => "refresh.",
        ProviderRequestKind.Revocation => "revocation.",
        _ => "",
    };

    private static bool Has(List<KeyValuePair<string, string>> sent, string name) =>
        sent.Exists(field => string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase));
}
