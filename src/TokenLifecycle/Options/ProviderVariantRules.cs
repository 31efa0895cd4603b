namespace TokenLifecycle.Options;

/// <summary>Checks the settings for requests and responses that differ from the standards.</summary>
internal static class ProviderVariantRules
{
    public static void Check(SettingProblems problems, OAuthProviderOptions o)
    {
        CheckRequests(problems, o);
        CheckReplies(problems, o);
    }

    private static void CheckRequests(SettingProblems problems, OAuthProviderOptions o)
    {
        // A token in the callback passes through the browser's history and every log on the way.
        problems.Require(
            !string.IsNullOrWhiteSpace(o.ResponseType) && !o.ResponseType.Split(' ').Contains("token", StringComparer.OrdinalIgnoreCase),
            nameof(o.ResponseType), "is empty or asks for a token in the callback", "Set it to the response type that returns a code, or leave the default, code");
        problems.Require(!string.IsNullOrWhiteSpace(o.CallbackCodeParameter), nameof(o.CallbackCodeParameter), "is empty", "Name the callback parameter with the code, or leave the default, code");
        problems.Require(!string.IsNullOrWhiteSpace(o.RefreshGrantType), nameof(o.RefreshGrantType), "is empty", "Set the grant type that the provider documents, or leave the default, refresh_token");
        problems.Require(!SettingRules.HasControlCharacter(o.RedirectUriName ?? ""), nameof(o.RedirectUriName), "holds a line break or another control character", "Copy it again, without one");
        problems.Require(
            o.UserInfoFormat != UserInfoRequestFormat.Json || o.UserInfoParameters.Count > 0,
            nameof(o.UserInfoParameters), "is empty, but UserInfoFormat is Json", "Add what the provider expects in the body, for example query, or set UserInfoFormat to Form");
    }

    private static void CheckReplies(SettingProblems problems, OAuthProviderOptions o)
    {
        problems.RequireDefined(o.ExpiresInUnit, nameof(o.ExpiresInUnit));
        problems.RequireDefined(o.IdTokenCheck, nameof(o.IdTokenCheck));
        problems.Require(
            !string.IsNullOrWhiteSpace(o.RefreshTokenExpiresAtField), nameof(o.RefreshTokenExpiresAtField), "is empty", "Name the member of the token reply, or leave the default");
        problems.Require(
            o.TokenRoot?.Contains('[', StringComparison.Ordinal) != true,
            nameof(o.TokenRoot), "holds a bracket, but tokens are never read from an array", "Write member names separated by dots, for example data.tokens");
        problems.Require(
            o.UserInfoCapturedFields.All(static field => !string.IsNullOrWhiteSpace(field)), nameof(o.UserInfoCapturedFields), "has an empty entry", "Name a member of the user-info response in each");
        foreach (string? type in o.AcceptedTokenTypes)
        {
            problems.Require(!string.IsNullOrWhiteSpace(type), nameof(o.AcceptedTokenTypes), "holds an empty type", "Set TokenTypeRequired to false if the provider sends no type");
            problems.Require(
                !IsBound(type), nameof(o.AcceptedTokenTypes), $"holds \"{type}\", but such a token must be sent with a proof of possession, which is not supported",
                "Configure the provider to issue bearer tokens");
        }

        foreach ((string scope, string alias) in o.ScopeAliases)
            problems.Require(!string.IsNullOrWhiteSpace(scope) && !string.IsNullOrWhiteSpace(alias), nameof(o.ScopeAliases), "holds an empty name", "Write the requested scope as key and the reported one as value");
    }

    private static bool IsBound(string? type) => type?.Trim().ToUpperInvariant() is "DPOP" or "MAC" or "POP" or "HOK";
}
