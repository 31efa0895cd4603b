namespace TokenLifecycle.Options;

/// <summary>Where requests go.</summary>
internal static class ProviderEndpointRules
{
    // The library sends these itself; a second value would be at best ignored and at worst believed.
    private static readonly string[] _reserved =
        ["client_id", "client_secret", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "response_type", "scope", "state"];

    public static void Check(SettingProblems problems, OAuthProviderOptions o)
    {
        var http = new PlainHttp(o.AllowHttpOnLoopback ?? false, o.AllowHttpHosts);
        bool isUserGrant = o.GrantType == OAuthGrantType.AuthorizationCode;
        CheckEnvironment(problems, o);
        SettingRules.CheckEndpoint(problems, o.AuthorizationEndpoint, nameof(o.AuthorizationEndpoint), http, isRequired: isUserGrant, mayHaveRoute: true);
        SettingRules.CheckEndpoint(problems, o.TokenEndpoint, nameof(o.TokenEndpoint), http, isRequired: true);
        SettingRules.CheckEndpoint(problems, o.RefreshEndpoint, nameof(o.RefreshEndpoint), http, isRequired: false);
        SettingRules.CheckEndpoint(problems, o.RevocationEndpoint?.Replace("{AccountId}", "1", StringComparison.Ordinal), nameof(o.RevocationEndpoint), http, isRequired: false);
        SettingRules.CheckEndpoint(problems, o.UserInfoEndpoint, nameof(o.UserInfoEndpoint), http, isRequired: o.AccountIdFrom == AccountIdSource.UserInfo || o.UserInfoCapturedFields.Count > 0);
        SettingRules.CheckOrigins(problems, o.ApiOrigins, nameof(o.ApiOrigins), http with { Hosts = [] });
        SettingRules.CheckOrigins(problems, o.PreviousTokenEndpointOrigins, nameof(o.PreviousTokenEndpointOrigins), http);
        for (int i = 0; i < o.AllowHttpHosts.Count; i++)
        {
            problems.Require(
                Uri.CheckHostName(o.AllowHttpHosts[i]) != UriHostNameType.Unknown,
                nameof(o.AllowHttpHosts), $"has as entry {i} what is not the name of one host", "Write the host alone, without scheme, port or wildcard, for example keycloak");
        }

        CheckRefreshOrigin(problems, o);
        CheckAuthorizationParameters(problems, o);
        CheckReconnectPath(problems, o);
    }

    private static void CheckEnvironment(SettingProblems problems, OAuthProviderOptions o)
    {
        if (string.IsNullOrEmpty(o.Environment) || (o.Environments.TryGetValue(o.Environment, out ProviderEnvironment? known) && known is not null))
            return;

        string choice = o.Environments.Count == 0
            ? "This provider has no Environments; leave it empty"
            : $"Choose one of {string.Join(", ", o.Environments.Keys.Order(StringComparer.Ordinal))}";
        problems.Add(nameof(o.Environment), $"is \"{o.Environment}\", which is not among the provider's Environments", choice);
    }

    private static void CheckRefreshOrigin(SettingProblems problems, OAuthProviderOptions o)
    {
        if (Uri.TryCreate(o.RefreshEndpoint, UriKind.Absolute, out Uri? refresh) && Uri.TryCreate(o.TokenEndpoint, UriKind.Absolute, out Uri? token))
        {
            problems.Require(
                Uri.Compare(refresh, token, UriComponents.SchemeAndServer | UriComponents.StrongPort, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0
                    || o.PreviousTokenEndpointOrigins.Contains(token.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped), StringComparer.OrdinalIgnoreCase),
                nameof(o.RefreshEndpoint),
                "has another origin than TokenEndpoint, and a refresh token goes to no other origin than the one it came from",
                "Use an address with the same scheme, host and port, or leave it empty; or, if the provider's documentation states it, add the origin of TokenEndpoint to PreviousTokenEndpointOrigins");
        }
    }

    private static void CheckAuthorizationParameters(SettingProblems problems, OAuthProviderOptions o)
    {
        const string remedy = "Leave it out: the library sends it itself";
        foreach (string reserved in o.AdditionalAuthorizationParameters.Keys.Where(IsReserved))
            problems.Add(nameof(o.AdditionalAuthorizationParameters), $"holds \"{reserved}\"", remedy);

        if (Uri.TryCreate(o.AuthorizationEndpoint, UriKind.Absolute, out Uri? uri))
        {
            foreach (string reserved in SettingRules.QueryNames(uri).Where(IsReserved))
                problems.Add(nameof(o.AuthorizationEndpoint), $"carries \"{reserved}\" in its query", remedy);
        }

        static bool IsReserved(string name) => _reserved.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private static void CheckReconnectPath(SettingProblems problems, OAuthProviderOptions o)
    {
        if (string.IsNullOrEmpty(o.ReconnectPath))
            return;

        // "//host" and "/\host" look like paths and lead a browser to another site.
        bool isLocal = o.ReconnectPath.StartsWith('/')
            && !o.ReconnectPath.StartsWith("//", StringComparison.Ordinal)
            && !o.ReconnectPath.Contains('\\', StringComparison.Ordinal)
            && !SettingRules.HasControlCharacter(o.ReconnectPath);
        problems.Require(isLocal, nameof(o.ReconnectPath), "is not a path of this app", "Start it with one slash, for example /connections/strava");
    }
}
