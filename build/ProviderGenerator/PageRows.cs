namespace ProviderGenerator;

/// <summary>The facts of a page's tables, with their labels.</summary>
internal static class PageRows
{
    public static readonly (string Fact, string Label)[] Endpoints =
    [
        ("authorizationEndpoint", "Authorization endpoint"), ("tokenEndpoint", "Token endpoint"), ("refreshEndpoint", "Refresh endpoint"), ("issuer", "Issuer"),
        ("environments", "Environments"), ("apiOrigins", "API origins"),
    ];

    public static readonly (string Fact, string Label)[] Request =
    [
        ("clientAuthentication", "Client authentication"), ("requestFormat", "Token request format"), ("requestHeaders", "Request headers"), ("pkce", "PKCE"),
        ("scopeSeparator", "Scope separator"), ("authorizationParameters", "Authorization parameters"), ("responseType", "Response type"),
        ("tokenParameters", "Token request parameters"), ("refreshParameters", "Refresh request parameters"), ("parameterNames", "Parameter names"),
        ("callbackCodeParameter", "Callback parameter of the code"), ("refreshCredential", "Token sent on refresh"), ("refreshGrantType", "Grant type of a refresh"),
        ("refreshAuthentication", "Client authentication of a refresh"), ("refreshFormat", "Refresh request format"),
    ];

    public static readonly (string Fact, string Label)[] Reply =
    [
        ("tokenRoot", "Object with the tokens"), ("successPath", "Success member"), ("successValue", "Value of success"), ("acceptedTokenTypes", "Token types"),
        ("tokenTypeRequired", "Token type required"), ("idTokenCheck", "ID token check"), ("account", "Account id"), ("userInfoCapturedFields", "Captured user info"),
        ("grantedScopesFrom", "Granted scopes"), ("unreportedScopes", "Scopes never reported"), ("expiresInField", "Lifetime member"), ("expiresInUnit", "Unit of lifetimes"),
        ("expiresAtField", "Expiry member"), ("refreshTokenExpiresInField", "Refresh token lifetime member"), ("refreshTokenExpiresAtField", "Refresh token expiry member"),
        ("extraTokenCharacters", "Extra token characters"), ("capturedFields", "Captured members"),
    ];

    public static readonly (string Fact, string Label)[] Lifecycle =
    [
        ("accessTokenLifetime", "Access token lifetime"), ("defaultLifetime", "Assumed if a response states none"), ("rotation", "Refresh token rotation"),
        ("refreshTokenReusePeriod", "Reuse period of a replaced refresh token"), ("refreshTokenIdleLimit", "Refresh token idle limit"), ("refreshTokenAbsoluteLimit", "Refresh token absolute limit"),
        ("refreshBefore", "Time before expiry at which it is refreshed"), ("minimumRefreshBefore", "Minimum of that time"), ("maximumRefreshBefore", "Maximum of that time"),
        ("refreshTokenRequired", "Refresh token required"), ("keepRefreshTokenOnReconnect", "Refresh token kept on reconnect"), ("revocation", "Revocation"),
    ];
}
