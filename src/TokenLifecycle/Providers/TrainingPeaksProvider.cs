using TokenLifecycle.Options;

namespace TokenLifecycle.Providers;

/// <summary>
/// TrainingPeaks, as its partner documentation had it in November 2026, with its environments <see cref="Production"/> and <see cref="Sandbox"/>.
/// Every setting can be changed in configuration or code.
/// </summary>
/// <remarks>
/// Credentials are issued for one environment, and <see cref="Production"/> is the default: sandbox credentials are refused there as a wrong client,
/// which harms nothing, whereas an app that forgot to leave the sandbox would lose its connections each weekend, when the sandbox is overwritten.
/// </remarks>
public static class TrainingPeaksProvider
{
    /// <summary>The provider's name in a <see cref="TokenKey"/>, if none other is given.</summary>
    public const string Name = "trainingpeaks";

    /// <summary>The environment of real athletes.</summary>
    public const string Production = "production";

    /// <summary>The environment for development. Its data, grants included, is overwritten from production every Saturday.</summary>
    public const string Sandbox = "sandbox";

    /// <summary>The base address of the API.</summary>
    public static Uri ApiBase { get; } = new("https://api.trainingpeaks.com/");

    /// <summary>The base address of the API in the sandbox.</summary>
    public static Uri SandboxApiBase { get; } = new("https://api.sandbox.trainingpeaks.com/");

    /// <summary>
    /// What an app can ask for, as far as TrainingPeaks has granted it to the app; asking for more makes the connect fail. None includes another.
    /// </summary>
    public static class Scopes
    {
        /// <summary>The athlete's profile. Contains the account id. Excludes <see cref="CoachAthletes"/>.</summary>
        public const string AthleteProfile = "athlete:profile";

        /// <summary>A coach's athletes. Excludes <see cref="AthleteProfile"/>: the account id must then come from the coach's profile.</summary>
        public const string CoachAthletes = "coach:athletes";

        /// <summary>Workout summaries.</summary>
        public const string WorkoutsRead = "workouts:read";

        /// <summary>Workout details.</summary>
        public const string WorkoutsDetails = "workouts:details";

        /// <summary>Create and change planned workouts.</summary>
        public const string WorkoutsPlan = "workouts:plan";

        /// <summary>The workout of the day.</summary>
        public const string WorkoutsWod = "workouts:wod";

        /// <summary>Upload workout files.</summary>
        public const string FileWrite = "file:write";

        /// <summary>Read events.</summary>
        public const string EventsRead = "events:read";

        /// <summary>Create and change events.</summary>
        public const string EventsWrite = "events:write";

        /// <summary>Read body metrics.</summary>
        public const string MetricsRead = "metrics:read";

        /// <summary>Write body metrics.</summary>
        public const string MetricsWrite = "metrics:write";

        /// <summary>Read nutrition.</summary>
        public const string NutritionRead = "nutrition:read";

        /// <summary>Write nutrition.</summary>
        public const string NutritionWrite = "nutrition:write";

        /// <summary>Read webhook subscriptions.</summary>
        public const string WebhookReadSubscriptions = "webhook:read-subscriptions";

        /// <summary>Change webhook subscriptions.</summary>
        public const string WebhookWriteSubscriptions = "webhook:write-subscriptions";
    }

    internal static void Configure(OAuthProviderOptions o)
    {
        o.DisplayName = "TrainingPeaks";

        // Endpoints: providers.md 2.1.
        o.Environment = Production;
        o.Environments[Production] = At("oauth.trainingpeaks.com", "api.trainingpeaks.com");
        o.Environments[Sandbox] = At("oauth.sandbox.trainingpeaks.com", "api.sandbox.trainingpeaks.com");

        // Authorize request: 2.2. Nothing is documented about PKCE.
        o.Pkce = PkceMode.Off;

        // Token requests: 2.3. The User-Agent is required, and looked at before an app is let into production.
        o.ClientAuthentication = ClientAuthenticationMethod.Body;
        o.RequestHeaders["User-Agent"] = "{ClientId}/1.0";
        o.RequestHeaders["Accept"] = "application/json";

        // Replies: 2.4. Tokens live 10 minutes by the documentation, up to an hour as seen: a longer buffer would refresh the short ones all the time.
        o.RefreshBefore = TimeSpan.FromSeconds(90);
        o.Rotation = RefreshTokenRotation.MayRotate;

        // 2.1: no reply names the account; the profile does.
        o.AccountIdFrom = AccountIdSource.UserInfo;
        o.AccountIdPath = "Id";

        // Revocation: 2.6. Wants a live access token; withdraws both.
        o.Revocation = RevocationStyle.BearerToken;

        o.Preset = new PresetLists
        {
            Scopes = [Scopes.AthleteProfile],

            // 2.5: "invalid_request" is the answer to a withdrawn grant and to a wrong secret alike, so on a refresh it is no more than a suspicion; and of
            // a code most likely the code is what is wrong. A 401 is only ever about the client.
            ErrorRules =
            [
                new TokenErrorRule { Status = 401, Kind = TokenErrorKind.InvalidClient },
                new TokenErrorRule { Grant = OAuthGrantType.RefreshToken, Path = "error", Value = "invalid_request", Kind = TokenErrorKind.PossiblyInvalidGrant },
                new TokenErrorRule { Grant = OAuthGrantType.RefreshToken, Status = 400, EmptyBody = true, Kind = TokenErrorKind.PossiblyInvalidGrant },
                new TokenErrorRule { Grant = OAuthGrantType.AuthorizationCode, Path = "error", Value = "invalid_request", Kind = TokenErrorKind.InvalidCode },
            ],
        };
    }

    private static ProviderEnvironment At(string oauthHost, string apiHost) => new()
    {
        AuthorizationEndpoint = $"https://{oauthHost}/OAuth/Authorize",
        TokenEndpoint = $"https://{oauthHost}/oauth/token",
        RevocationEndpoint = $"https://{oauthHost}/oauth/deauthorize",
        UserInfoEndpoint = $"https://{apiHost}/v1/athlete/profile",
        ApiOrigins = { $"https://{apiHost}" },
    };
}
