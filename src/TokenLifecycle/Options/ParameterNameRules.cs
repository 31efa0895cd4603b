namespace TokenLifecycle.Options;

/// <summary>Which parameters the library sends itself, and what settings may do with them.</summary>
internal static class ParameterNameRules
{
    private const string Remedy = "Leave it out: the library sends it itself";

    private static readonly string[] _kinds = ["authorization", "token", "refresh", "revocation"];
    private static readonly string[] _client = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];
    private static readonly string[] _token = [.. _client, "grant_type", "code", "code_verifier", "redirect_uri"];
    private static readonly string[] _refresh = [.. _client, "grant_type", "refresh_token"];
    private static readonly string[] _revocation = [.. _client, "token", "token_type_hint"];

    private static readonly string[] _renamed =
    [
        "client_id", "client_secret", "code", "code_challenge", "code_challenge_method", "code_verifier", "grant_type", "redirect_uri", "refresh_token", "response_type",
        "scope", "token", "token_type_hint",
    ];

    // Without one of these, no request could succeed, or its protection would be gone.
    private static readonly string[] _needed = ["client_secret", "code", "code_challenge", "code_challenge_method", "code_verifier", "refresh_token"];

    /// <summary>Checks the additional parameters and the names (XP-2, XP-3).</summary>
    public static void Check(SettingProblems problems, OAuthProviderOptions o)
    {
        CheckNames(problems, o);
        bool isClient = o.GrantType == OAuthGrantType.ClientCredentials;
        CheckParameters(problems, o, o.TokenParameters, nameof(o.TokenParameters), "token.", isClient ? [.. _token, "scope"] : _token);
        CheckParameters(problems, o, o.RefreshParameters, nameof(o.RefreshParameters), "refresh.", _refresh);
        CheckParameters(problems, o, o.RevocationParameters, nameof(o.RevocationParameters), "revocation.", [.. _revocation, o.RevocationTokenParameter], "AccountId");
        foreach (string reserved in o.UserInfoParameters.Keys.Where(static name => name.Equals("access_token", StringComparison.OrdinalIgnoreCase)))
            problems.Add(nameof(o.UserInfoParameters), $"holds \"{reserved}\"", "Leave it out: the access token is sent in the Authorization header");
    }

    private static void CheckParameters(SettingProblems problems, OAuthProviderOptions o, IDictionary<string, string> parameters, string setting, string kind, string[] reserved,
        string? known = null)
    {
        foreach ((string name, string value) in parameters)
        {
            problems.Require(!string.IsNullOrWhiteSpace(name) && !SettingRules.HasControlCharacter(name), setting, "holds a parameter without a name", "Name each parameter as the provider documents it");
            if (IsSent(o, reserved, kind, name))
                problems.Add(setting, $"holds \"{name}\"", Remedy);
            if (value is null)
                problems.Add(setting, $"holds no value for \"{name}\"", "Set a value, which may be empty, or leave the parameter out");
            else if (SettingRules.PlaceholderIn(value) is { } placeholder && placeholder != known)
                problems.Add(setting, $"holds {{{placeholder}}} in \"{name}\", for which no value is set", $"Add \"{placeholder}\" to Placeholders, or write the value out");
        }
    }

    // A parameter that is sent under another name, or not at all, leaves its own name free.
    private static bool IsSent(OAuthProviderOptions o, string[] reserved, string kind, string name) => reserved.Any(own =>
        string.Equals(o.ParameterNames.TryGetValue(kind + own, out string? other) || o.ParameterNames.TryGetValue(own, out other) ? other : own, name, StringComparison.OrdinalIgnoreCase));

    private static void CheckNames(SettingProblems problems, OAuthProviderOptions o)
    {
        foreach ((string key, string value) in o.ParameterNames)
        {
            int dot = key.IndexOf('.', StringComparison.Ordinal);
            string name = key[(dot + 1)..];
            if ((dot >= 0 && !_kinds.Contains(key[..dot], StringComparer.Ordinal)) || !_renamed.Contains(name, StringComparer.Ordinal))
            {
                problems.Add(nameof(o.ParameterNames), $"has the key \"{key}\", which is not a parameter of the library",
                    $"Use one of {string.Join(", ", _renamed)}, alone or after authorization., token., refresh. or revocation.");
            }
            else if (string.IsNullOrEmpty(value) && _needed.Contains(name, StringComparer.Ordinal))
            {
                problems.Add(nameof(o.ParameterNames), $"omits \"{key}\", without which the provider can't answer the request", "Set the provider's name for it");
            }
        }
    }
}
