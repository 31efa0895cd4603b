using System.Diagnostics;
using System.Text.Json.Serialization;

namespace TokenLifecycle.Options;

/// <summary>
/// Everything the library knows of a provider: endpoints, client, scopes, and the ways in which the provider differs from RFC 6749. Named
/// options, the provider's name being the options' name; bind them from configuration or set them in code. The defaults are the standard's.
/// </summary>
/// <remarks>This class is longer than the house's usual: it is one flat list of settings, so that each is one configuration key.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class OAuthProviderOptions
{
    /// <summary>The client id that the provider gave to the app.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The client secret. Keep it in user secrets, the environment or a vault.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? ClientSecret { get; set; }

    /// <summary>The provider's name as people know it, for pages and messages.</summary>
    /// <value>The default value is <see langword="null"/>: the name given to <c>AddProvider</c>.</value>
    public string? DisplayName { get; set; }

    /// <summary>How connections come about.</summary>
    /// <value>The default value is <see cref="OAuthGrantType.AuthorizationCode"/>.</value>
    public OAuthGrantType GrantType { get; set; } = OAuthGrantType.AuthorizationCode;

    /// <summary>The scopes to ask for, one per entry. Naming any replaces those of a preset.</summary>
    /// <value>The default value is empty: those of the preset, or no <c>scope</c> parameter.</value>
    public IList<string> Scopes { get; set; } = [];

    /// <summary>The separator between scopes. Set to an empty string to omit the <c>scope</c> parameter.</summary>
    /// <value>The default value is one space (RFC 6749 section 3.3).</value>
    public string ScopeSeparator { get; set; } = " ";

    /// <summary>Which of <see cref="Environments"/> to use.</summary>
    /// <value>The default value is <see langword="null"/>: the endpoints below are used unchanged.</value>
    public string? Environment { get; set; }

    /// <summary>The provider's environments by name, such as <c>sandbox</c> and <c>production</c>.</summary>
    public IDictionary<string, ProviderEnvironment> Environments { get; set; } = new Dictionary<string, ProviderEnvironment>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Replacements for <c>{name}</c> in endpoints, request headers and the values of request parameters, for example <c>tenant</c>.
    /// <c>{ClientId}</c> needs no entry.
    /// </summary>
    public IDictionary<string, string> Placeholders { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where the user's browser is sent (RFC 6749 section 3.1). Absolute HTTPS.</summary>
    public string? AuthorizationEndpoint { get; set; }

    /// <summary>Where tokens come from (RFC 6749 section 3.2). Absolute HTTPS.</summary>
    public string? TokenEndpoint { get; set; }

    /// <summary>
    /// Where tokens are refreshed, if elsewhere than at the token endpoint. It has the same origin; an address on another origin is
    /// accepted only if <see cref="PreviousTokenEndpointOrigins"/>
    /// lists the origin of <see cref="TokenEndpoint"/>, because the refresh token and the client secret are sent there.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: the token endpoint.</value>
    public string? RefreshEndpoint { get; set; }

    /// <summary>Where grants are revoked.</summary>
    /// <value>The default value is <see langword="null"/>: disconnecting reports that the provider cannot revoke.</value>
    public string? RevocationEndpoint { get; set; }

    /// <summary>
    /// Where the account id is asked for after connecting, if <see cref="AccountIdFrom"/> is <see cref="AccountIdSource.UserInfo"/>.
    /// </summary>
    public string? UserInfoEndpoint { get; set; }

    /// <summary>
    /// The provider's issuer identifier (RFC 8414, RFC 9207), compared ordinally with what callbacks and ID tokens say. For a provider
    /// that has one for each of
    /// its tenants, a template whose placeholders are claims of the ID token, for example
    /// <c>https://login.microsoftonline.com/{tid}/v2.0</c>; the
    /// account id then begins with these claims.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: not checked, so users can't sign in by its ID tokens.</value>
    public string? Issuer { get; set; }

    /// <summary>
    /// Whether every callback must name the issuer (RFC 9207 section 3: the provider's metadata say
    /// <c>authorization_response_iss_parameter_supported</c>). Needs <see cref="Issuer"/>.
    /// </summary>
    /// <value>The default value is <see langword="false"/>: an issuer is compared if the callback names one.</value>
    public bool IssuerInCallback { get; set; }

    /// <summary>
    /// The origins (scheme, host, port) to which the token handler may send this provider's tokens, for example
    /// <c>https://api.example.com</c>. Naming any replaces those of the environment and of a preset, so that this list alone says where
    /// tokens go.
    /// </summary>
    /// <value>The default value is empty: those of the environment, else of the preset.</value>
    public IList<string> ApiOrigins { get; set; } = [];

    /// <summary>
    /// Whether <c>http://</c> is accepted for loopback addresses (<c>127.0.0.1</c>, <c>::1</c>, <c>localhost</c>): for tests and local
    /// development.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: only in the Development environment.</value>
    public bool? AllowHttpOnLoopback { get; set; }

    /// <summary>Fixed extra parameters of the authorization request.</summary>
    public IDictionary<string, string> AdditionalAuthorizationParameters { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether the authorization request carries a code challenge.</summary>
    /// <value>The default value is <see cref="PkceMode.S256"/>.</value>
    public PkceMode Pkce { get; set; } = PkceMode.S256;

    /// <summary>How the client authenticates at the token endpoint.</summary>
    /// <value>The default value is <see cref="ClientAuthenticationMethod.Body"/>.</value>
    public ClientAuthenticationMethod ClientAuthentication { get; set; } = ClientAuthenticationMethod.Body;

    /// <summary>How the body of a token request is written.</summary>
    /// <value>The default value is <see cref="TokenRequestFormat.Form"/>.</value>
    public TokenRequestFormat RequestFormat { get; set; } = TokenRequestFormat.Form;

    /// <summary>
    /// Extra headers of back-channel requests, for example <c>User-Agent</c>. <c>{ClientId}</c> and <see cref="Placeholders"/> are replaced
    /// in their values.
    /// </summary>
    public IDictionary<string, string> RequestHeaders { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The member of the response with the access token's lifetime in seconds.</summary>
    /// <value>The default value is <c>expires_in</c>.</value>
    public string ExpiresInField { get; set; } = "expires_in";

    /// <summary>
    /// The reply member with the time at which the access token expires: seconds or milliseconds since 1970, or a date as ISO 8601. Used
    /// when there is no lifetime, and to report clock skew.
    /// </summary>
    /// <value>The default value is <c>expires_at</c>.</value>
    public string ExpiresAtField { get; set; } = "expires_at";

    /// <summary>The member of the response with the refresh token's lifetime in seconds.</summary>
    /// <value>The default value is <c>refresh_token_expires_in</c>.</value>
    public string RefreshTokenExpiresInField { get; set; } = "refresh_token_expires_in";

    /// <summary>The lifetime assumed when a reply names none and no earlier reply did.</summary>
    /// <value>The default value is <see langword="null"/>: unknown; the token is used until the API rejects it.</value>
    public TimeSpan? DefaultLifetime { get; set; }

    /// <summary>This provider's own expiry buffer.</summary>
    /// <value>The default value is <see langword="null"/>: <see cref="TokenLifecycleOptions.RefreshBefore"/>.</value>
    public TimeSpan? RefreshBefore { get; set; }

    /// <summary>The least expiry buffer that the provider asks for.</summary>
    /// <value>The default value is zero.</value>
    public TimeSpan MinimumRefreshBefore { get; set; }

    /// <summary>The greatest expiry buffer that makes sense: before that, the provider returns the same token.</summary>
    /// <value>The default value is <see langword="null"/>: none.</value>
    public TimeSpan? MaximumRefreshBefore { get; set; }

    /// <summary>What the provider does with the refresh token when it is used.</summary>
    /// <value>The default value is <see cref="RefreshTokenRotation.MayRotate"/>.</value>
    public RefreshTokenRotation Rotation { get; set; } = RefreshTokenRotation.MayRotate;

    /// <summary>
    /// How long after a rotation the provider still honours the replaced refresh token: a lost answer can be asked for again within this
    /// time.
    /// </summary>
    /// <value>The default value is zero: it dies at once.</value>
    public TimeSpan RefreshTokenReusePeriod { get; set; }

    /// <summary>
    /// A refresh token that is not used for this time expires, for providers that document it but do not state it in their responses. The
    /// background refresh uses it in time, whatever the access token's lifetime.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: none is known.</value>
    public TimeSpan? RefreshTokenIdleLimit { get; set; }

    /// <summary>
    /// A refresh token expires this time after the user connected, however often it is used, for providers that document it but do not
    /// state it in their responses. <see cref="TokenEventKind.RefreshTokenExpiring"/> comes two weeks before.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: none is known.</value>
    public TimeSpan? RefreshTokenAbsoluteLimit { get; set; }

    /// <summary>
    /// The maximum number of refreshes of this provider that the background refresh of one process has in progress at a time.
    /// </summary>
    /// <value>The default value is 64.</value>
    public int MaxConcurrentRefreshes { get; set; } = 64;

    /// <summary>
    /// The most refreshes that the background refresh of one process begins within a second. Callers are never held back.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: no limit but <see cref="MaxConcurrentRefreshes"/>.</value>
    public double? MaxRefreshesPerSecond { get; set; }

    /// <summary>
    /// Whether a connection must bring a refresh token if its access token expires. Without one the user would have to connect again within
    /// the hour, so the pages of <c>MapTokenLifecycle</c> refuse such a connection immediately and state the reason.
    /// </summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool RefreshTokenRequired { get; set; } = true;

    /// <summary>
    /// Whether a reconnect of the same account by the same client that brings no refresh token keeps the stored one.
    /// For providers that give a refresh token at the first consent only.
    /// </summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool KeepRefreshTokenOnReconnect { get; set; }

    /// <summary>
    /// The provider's own error answers, tried in order before the standard ones. Those of a preset come after the ones set here, so that
    /// any of them can be overruled.
    /// </summary>
    public IList<TokenErrorRule> ErrorRules { get; set; } = [];

    /// <summary>
    /// Where the granted scopes are stated, in order; the first that is there counts. Naming any replaces those of a preset.
    /// </summary>
    /// <value>The default value is empty: those of the preset, or the token reply.</value>
    public IList<GrantedScopesSource> GrantedScopesFrom { get; set; } = [];

    /// <summary>Where the account id is stated.</summary>
    /// <value>The default value is <see cref="AccountIdSource.None"/>.</value>
    public AccountIdSource AccountIdFrom { get; set; }

    /// <summary>The path, parameter or claim of the account id, for example <c>athlete.id</c>.</summary>
    public string? AccountIdPath { get; set; }

    /// <summary>
    /// Paths of further members of the token reply to keep with the connection, for example Salesforce's <c>instance_url</c>. Never name a
    /// secret here.
    /// </summary>
    public IList<string> CapturedFields { get; set; } = [];

    /// <summary>How a grant is revoked.</summary>
    /// <value>The default value is <see cref="RevocationStyle.Rfc7009"/>; without a <see cref="RevocationEndpoint"/> it has no
    /// effect.</value>
    public RevocationStyle Revocation { get; set; } = RevocationStyle.Rfc7009;

    /// <summary>How the client authenticates at the revocation endpoint.</summary>
    /// <value>The default value is <see cref="RevocationClientAuthentication.SameAsToken"/>.</value>
    public RevocationClientAuthentication RevocationAuthentication { get; set; }

    /// <summary>Which token an RFC 7009 revocation sends.</summary>
    /// <value>The default value is <see cref="Options.TokenToRevoke.RefreshToken"/>.</value>
    public TokenToRevoke TokenToRevoke { get; set; }

    /// <summary>The name of the token parameter in a revocation.</summary>
    /// <value>The default value is <c>token</c>.</value>
    public string RevocationTokenParameter { get; set; } = "token";

    /// <summary>
    /// Origins of former token endpoints whose refresh tokens may be sent to the current one. For a provider that has moved; without it
    /// such tokens are kept but never sent.
    /// </summary>
    public IList<string> PreviousTokenEndpointOrigins { get; set; } = [];

    /// <summary>Where the app lets a user connect, for messages and status, for example <c>/connections/strava</c>.</summary>
    public string? ReconnectPath { get; set; }

    /// <summary>What the preset brings for lists. Kept apart because binding a list from configuration appends to what is there.</summary>
    internal PresetLists? Preset { get; set; }

    /// <summary>
    /// The path of the configuration section that these come from, so that a message can name the whole key; null if they are set in code
    /// alone.
    /// </summary>
    internal string? Section { get; set; }

    /// <summary>The client id, never the secret.</summary>
    public override string ToString() => $"OAuth provider options (client {(ClientId.Length == 0 ? "not set" : ClientId)}, secret {(string.IsNullOrEmpty(ClientSecret) ? "not set" : "redacted")})";
}
