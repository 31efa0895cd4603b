using TokenLifecycle.Options;

namespace TokenLifecycle.Providers;

/// <summary>
/// Google, as its documentation had it in November 2026. Users may untick single scopes when they connect. Every setting can be changed in configuration or code.
/// </summary>
/// <remarks>
/// A refresh token of an app whose consent screen is in "Testing" lives 7 days. Disconnecting one connection withdraws every scope that the user granted
/// to the Google Cloud project, those of its other clients included.
/// </remarks>
public static class GoogleProvider
{
    /// <summary>The provider's name in a <see cref="TokenKey"/>, if none other is given.</summary>
    public const string Name = "google";

    /// <summary>The base address of the APIs without a separate host, such as Calendar and Drive.</summary>
    public static Uri ApiBase { get; } = new("https://www.googleapis.com/");

    /// <summary>Common scopes; Google has hundreds, each a URL.</summary>
    public static class Scopes
    {
        /// <summary>An ID token, which contains the account id. Always request it.</summary>
        public const string OpenId = "openid";

        /// <summary>The e-mail address, for display: it is not the account id.</summary>
        public const string Email = "email";

        /// <summary>Name and picture.</summary>
        public const string Profile = "profile";

        /// <summary>Read calendars.</summary>
        public const string CalendarReadOnly = "https://www.googleapis.com/auth/calendar.readonly";

        /// <summary>Read and change calendar events.</summary>
        public const string CalendarEvents = "https://www.googleapis.com/auth/calendar.events";

        /// <summary>The Drive files that the app made or the user opened with it.</summary>
        public const string DriveFile = "https://www.googleapis.com/auth/drive.file";

        /// <summary>Read mail. Its refresh tokens die when the user changes the password.</summary>
        public const string GmailReadOnly = "https://www.googleapis.com/auth/gmail.readonly";

        /// <summary>Read contacts.</summary>
        public const string ContactsReadOnly = "https://www.googleapis.com/auth/contacts.readonly";
    }

    internal static void Configure(OAuthProviderOptions o)
    {
        o.DisplayName = "Google";

        // Endpoints: providers.md 3.1.
        o.AuthorizationEndpoint = "https://accounts.google.com/o/oauth2/v2/auth";
        o.TokenEndpoint = "https://oauth2.googleapis.com/token";
        o.Issuer = "https://accounts.google.com";

        // Authorize request: 3.2. Without "offline" there is no refresh token, without "consent" only at the first connect ever.
        o.AdditionalAuthorizationParameters["access_type"] = "offline";
        o.AdditionalAuthorizationParameters["prompt"] = "consent";
        o.AdditionalAuthorizationParameters["include_granted_scopes"] = "true";
        o.Pkce = PkceMode.S256;

        // Token endpoint: 3.3 and 3.4. Never rotated; a refresh brings no refresh token.
        o.ClientAuthentication = ClientAuthenticationMethod.Body;
        o.Rotation = RefreshTokenRotation.Static;
        o.KeepRefreshTokenOnReconnect = true;
        o.AccountIdFrom = AccountIdSource.IdToken;
        o.AccountIdPath = "sub";
        o.ScopeAliases[Scopes.Email] = "https://www.googleapis.com/auth/userinfo.email";
        o.ScopeAliases[Scopes.Profile] = "https://www.googleapis.com/auth/userinfo.profile";

        // Revocation: 3.1. The token alone.
        o.RevocationEndpoint = "https://oauth2.googleapis.com/revoke";
        o.Revocation = RevocationStyle.Rfc7009;
        o.RevocationAuthentication = RevocationClientAuthentication.Omit;

        o.Preset = new PresetLists
        {
            Scopes = [Scopes.OpenId],

            // Calendar and Drive are served at www; an app that uses others names all of its origins itself.
            ApiOrigins =
            [
                "https://www.googleapis.com",
                "https://openidconnect.googleapis.com",
                "https://people.googleapis.com",
                "https://gmail.googleapis.com",
            ],

            // 3.5: the session control of Workspace says invalid_grant too, but the grant lives on once the user has signed in again.
            ErrorRules =
            [
                new TokenErrorRule { Path = "error_subtype", Value = "invalid_rapt", Kind = TokenErrorKind.InteractionRequired },
                new TokenErrorRule { Path = "error_subtype", Value = "rapt_required", Kind = TokenErrorKind.InteractionRequired },
                new TokenErrorRule { Path = "error", Value = "unauthorized_client", Kind = TokenErrorKind.InvalidClient },
                new TokenErrorRule { Path = "error", Value = "deleted_client", Kind = TokenErrorKind.InvalidClient },
            ],
        };
    }
}
