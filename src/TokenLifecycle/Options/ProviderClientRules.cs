namespace TokenLifecycle.Options;

/// <summary>Who the app is to the provider, and what it asks for.</summary>
internal static class ProviderClientRules
{
    private const string FromProvider = "the provider gave to the app";

    public static void Check(SettingProblems problems, string provider, OAuthProviderOptions o)
    {
        problems.RequireDefined(o.GrantType, nameof(o.GrantType));
        problems.RequireDefined(o.Pkce, nameof(o.Pkce));
        problems.RequireDefined(o.ClientAuthentication, nameof(o.ClientAuthentication));
        problems.RequireDefined(o.RequestFormat, nameof(o.RequestFormat));
        problems.RequireDefined(o.Revocation, nameof(o.Revocation));
        problems.RequireDefined(o.RevocationAuthentication, nameof(o.RevocationAuthentication));
        problems.RequireDefined(o.TokenToRevoke, nameof(o.TokenToRevoke));
        problems.RequireDefined(o.RevocationMethod, nameof(o.RevocationMethod));
        problems.RequireDefined(o.RevocationFormat, nameof(o.RevocationFormat));
        problems.RequireDefined(o.UserInfoFormat, nameof(o.UserInfoFormat));
        problems.RequireDefined(o.RefreshCredential, nameof(o.RefreshCredential));
        problems.RequireDefined(o.RefreshAuthentication ?? default, nameof(o.RefreshAuthentication));
        problems.RequireDefined(o.RefreshFormat ?? default, nameof(o.RefreshFormat));

        problems.Require(!string.IsNullOrWhiteSpace(o.ClientId), nameof(o.ClientId), "is not set", $"Set it to the client id that {FromProvider}");
        problems.Require(!SettingRules.HasControlCharacter(o.ClientId), nameof(o.ClientId), "holds a line break or another control character", "Copy it again, without one");
        CheckSecret(problems, provider, o);
        CheckScopes(problems, o);
        CheckHeaders(problems, o);
        problems.Require(
            !string.IsNullOrWhiteSpace(o.RevocationTokenParameter), nameof(o.RevocationTokenParameter), "is empty", "Set it to the name the provider documents, or leave the default, token");
    }

    private static void CheckSecret(SettingProblems problems, string provider, OAuthProviderOptions o)
    {
        string section = o.Section ?? provider;
        string keep = $"Keep it in user secrets (dotnet user-secrets set \"{section}:{nameof(o.ClientSecret)}\" \"...\"), "
            + $"the environment ({section.Replace(":", "__", StringComparison.Ordinal)}__{nameof(o.ClientSecret)}) or a vault"
            + (o.Section is null ? $", and read it by o.{nameof(o.ClientSecret)} = builder.Configuration[\"{section}:{nameof(o.ClientSecret)}\"]" : "");
        bool hasSecret = !string.IsNullOrWhiteSpace(o.ClientSecret);
        problems.Require(
            o.GrantType != OAuthGrantType.RefreshToken, nameof(o.GrantType), "is RefreshToken, which a connection cannot begin with",
            "Choose AuthorizationCode, which includes the refreshes, or ClientCredentials");
        if (o.GrantType == OAuthGrantType.ClientCredentials)
        {
            problems.Require(
                !IsPublic(o.ClientAuthentication),
                nameof(o.ClientAuthentication),
                $"is {o.ClientAuthentication}, but the client credentials grant is for clients that have a secret (RFC 6749 section 4.4)",
                "Choose Body or Basic");
        }

        if (!IsPublic(o.ClientAuthentication) || (o.RefreshAuthentication is { } refresh && !IsPublic(refresh)))
            problems.Require(hasSecret, nameof(o.ClientSecret), "is not set", $"Set it to the client secret that {FromProvider}, or ClientAuthentication to None if it gave none. {keep}");
        else if (NeedsSecretToRevoke(o))
            problems.Require(hasSecret, nameof(o.ClientSecret), $"is not set, but RevocationAuthentication is {o.RevocationAuthentication}", $"Set it, or RevocationAuthentication to Omit. {keep}");

        bool isUnencoded = ClientAuthenticationMethod.BasicUnencoded == o.ClientAuthentication || ClientAuthenticationMethod.BasicUnencoded == o.RefreshAuthentication;
        problems.Require(
            !isUnencoded || !o.ClientId.Contains(':', StringComparison.Ordinal),
            nameof(o.ClientAuthentication), "is BasicUnencoded, but ClientId holds a colon, so that the provider would split it wrongly", "Choose Basic or Body");
        problems.Require(
            !SettingRules.HasControlCharacter(o.ClientSecret ?? ""), nameof(o.ClientSecret), "holds a line break or another control character", "Copy it again, without one");
    }

    private static bool IsPublic(ClientAuthenticationMethod method) => method is ClientAuthenticationMethod.None or ClientAuthenticationMethod.BasicWithoutSecret;

    private static bool NeedsSecretToRevoke(OAuthProviderOptions o) =>
        !string.IsNullOrEmpty(o.RevocationEndpoint)
        && o.Revocation == RevocationStyle.Rfc7009
        && o.RevocationAuthentication is not (RevocationClientAuthentication.SameAsToken or RevocationClientAuthentication.Omit);

    private static void CheckScopes(SettingProblems problems, OAuthProviderOptions o)
    {
        bool isSeparator = o.ScopeSeparator.Length <= 1 && o.ScopeSeparator.All(c => c is >= ' ' and <= '~' && !char.IsLetterOrDigit(c));
        problems.Require(isSeparator, nameof(o.ScopeSeparator), "is not one space or punctuation mark", "Set it to the provider's separator between scopes, or to an empty string to send no scopes");
        string joined = o.ScopeSeparator.Length == 0 ? "" : $"; the library puts \"{o.ScopeSeparator}\" between them";
        for (int i = 0; i < o.Scopes.Count; i++)
        {
            // RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
            bool isScope = !string.IsNullOrEmpty(o.Scopes[i]) && o.Scopes[i].All(c => c is > ' ' and <= '~' and not '"' and not '\\');
            bool isOne = !isSeparator || o.ScopeSeparator.Length == 0 || o.Scopes[i]?.Contains(o.ScopeSeparator, StringComparison.Ordinal) != true;
            problems.Require(isScope && isOne, nameof(o.Scopes), $"has as entry {i} what is not one scope", $"Write each scope as a separate entry, without separators, as in [ \"read\", \"write\" ]{joined}");
        }
    }

    private static void CheckHeaders(SettingProblems problems, OAuthProviderOptions o)
    {
        foreach ((string name, string value) in o.RequestHeaders)
        {
            bool isName = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));
            problems.Require(
                isName && !SettingRules.HasControlCharacter(value ?? ""),
                nameof(o.RequestHeaders), "holds a header whose name or value HTTP does not allow", "Use letters, digits and hyphens in names, and no line breaks in values");
            problems.Require(
                !name.Equals("Authorization", StringComparison.OrdinalIgnoreCase),
                nameof(o.RequestHeaders), "holds Authorization", "Leave it out, and choose ClientAuthentication instead");
        }
    }
}
