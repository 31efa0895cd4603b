using TokenLifecycle.Options;

namespace TokenLifecycle.Providers;

/// <summary>
/// Strava, as its documentation had it in November 2026. Users may untick single scopes when they connect, and a refresh token that was replaced dies at once.
/// Every setting can be changed in configuration or code.
/// </summary>
public static class StravaProvider
{
    /// <summary>The provider's name in a <see cref="TokenKey"/>, if none other is given.</summary>
    public const string Name = "strava";

    /// <summary>The base address of the API.</summary>
    /// <remarks>From 2027-01-04 Strava also serves it at <c>https://api-v3.strava.com</c>, which is among the allowed origins already.</remarks>
    public static Uri ApiBase { get; } = new("https://www.strava.com/api/v3/");

    /// <summary>What an app can ask for. Not inclusive: <c>activity:read_all</c> adds private activities to <c>activity:read</c>.</summary>
    public static class Scopes
    {
        /// <summary>Public segments, routes, profile data, posts, events, club feeds and leaderboards.</summary>
        public const string Read = "read";

        /// <summary>Private routes, segments and events as well.</summary>
        public const string ReadAll = "read_all";

        /// <summary>All profile information, whatever its visibility.</summary>
        public const string ProfileReadAll = "profile:read_all";

        /// <summary>Update weight and FTP, star segments.</summary>
        public const string ProfileWrite = "profile:write";

        /// <summary>Activities visible to Everyone and Followers. Activity webhooks need it.</summary>
        public const string ActivityRead = "activity:read";

        /// <summary>Activities visible to Only You, and privacy zone data, as well.</summary>
        public const string ActivityReadAll = "activity:read_all";

        /// <summary>Create manual activities and uploads, edit activities.</summary>
        public const string ActivityWrite = "activity:write";
    }

    internal static void Configure(OAuthProviderOptions o)
    {
        o.DisplayName = "Strava";

        // Endpoints: providers.md 1.1. The token endpoint outside /api/v3, whose base moves in 2027.
        o.AuthorizationEndpoint = "https://www.strava.com/oauth/authorize";
        o.TokenEndpoint = "https://www.strava.com/oauth/token";

        // Authorize request: 1.2. Strava does not know PKCE; "auto" spares a user who has already consented the dialogue.
        o.ScopeSeparator = ",";
        o.AdditionalAuthorizationParameters["approval_prompt"] = "auto";
        o.Pkce = PkceMode.Off;

        // Token requests and replies: 1.4 to 1.6. With over an hour left a refresh returns the same token, so earlier is pointless.
        o.ClientAuthentication = ClientAuthenticationMethod.Body;
        o.MaximumRefreshBefore = TimeSpan.FromMinutes(60);
        o.Rotation = RefreshTokenRotation.MayRotate;
        o.RefreshTokenReusePeriod = TimeSpan.Zero;

        // 1.5: only the reply to the code names the athlete; a refresh does not.
        o.AccountIdFrom = AccountIdSource.Reply;
        o.AccountIdPath = "athlete.id";

        // Revocation: 0.1 and 1.8. RFC 7009 with Basic since 2026-06-01; the older /oauth/deauthorize ends on 2027-06-01.
        o.RevocationEndpoint = "https://www.strava.com/oauth/revoke";
        o.Revocation = RevocationStyle.Rfc7009;
        o.RevocationAuthentication = RevocationClientAuthentication.Basic;
        o.TokenToRevoke = TokenToRevoke.RefreshToken;

        o.Preset = new PresetLists
        {
            // 1.2: the scope parameter is required.
            Scopes = [Scopes.Read],
            ApiOrigins = ["https://www.strava.com", "https://api-v3.strava.com"],

            // 1.3: the callback states what was granted, the response only perhaps.
            GrantedScopesFrom = [GrantedScopesSource.Callback, GrantedScopesSource.Reply],

            // 1.7: a dead refresh token, a dead code and an unknown client are all 400. "exceeded" comes first, as it too names the Application.
            ErrorRules =
            [
                new TokenErrorRule { Path = "errors[*].code", Value = "exceeded", Kind = TokenErrorKind.RateLimited },
                new TokenErrorRule { Path = "errors[*].resource", Value = "RefreshToken", Kind = TokenErrorKind.InvalidGrant },
                new TokenErrorRule { Path = "errors[*].resource", Value = "AuthorizationCode", Kind = TokenErrorKind.InvalidCode },
                new TokenErrorRule { Path = "errors[*].resource", Value = "Application", Kind = TokenErrorKind.InvalidClient },
            ],
        };
    }
}
