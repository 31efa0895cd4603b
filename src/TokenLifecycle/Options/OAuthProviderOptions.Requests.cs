namespace TokenLifecycle.Options;

// How requests differ from RFC 6749, RFC 7009 and OpenID Connect.
public sealed partial class OAuthProviderOptions
{
    /// <summary>
    /// Hosts whose endpoints may be reached over <c>http://</c>, for example <c>keycloak</c> for a provider within the same cluster.
    /// Secrets cross the network unencrypted, so name only hosts on a network that you trust; a warning is logged on start. Doesn't apply
    /// to <see cref="ApiOrigins"/>.
    /// </summary>
    public IList<string> AllowHttpHosts { get; set; } = [];

    /// <summary>
    /// Additional parameters of the code exchange and of client credentials requests, for example <c>audience</c>. The values are treated
    /// as secrets.
    /// </summary>
    public IDictionary<string, string> TokenParameters { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Additional parameters of refresh requests, for example <c>redirect_uri</c>. The values are treated as secrets.</summary>
    public IDictionary<string, string> RefreshParameters { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Additional parameters of revocation requests. <c>{AccountId}</c> is the id of the connected account. The values are treated as
    /// secrets.
    /// </summary>
    public IDictionary<string, string> RevocationParameters { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Additional parameters of the user-info request: in the query of a GET, in the body of a POST, for example the <c>query</c> of a
    /// GraphQL API. Braces that name no placeholder are kept.
    /// </summary>
    public IDictionary<string, string> UserInfoParameters { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Other names for parameters that the library sends, for example <c>client_id</c> = <c>client_key</c>. A key such as
    /// <c>refresh.refresh_token</c> applies to one kind of request only: <c>authorization</c>, <c>token</c>, <c>refresh</c> or
    /// <c>revocation</c>. An empty name omits the parameter.
    /// </summary>
    public IDictionary<string, string> ParameterNames { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The <c>response_type</c> of the authorization request.</summary>
    /// <value>The default value is <c>code</c>.</value>
    public string ResponseType { get; set; } = "code";

    /// <summary>The callback parameter that holds the authorization code, if the provider doesn't call it <c>code</c>.</summary>
    /// <value>The default value is <c>code</c>.</value>
    public string CallbackCodeParameter { get; set; } = "code";

    /// <summary>
    /// The name under which the provider registered the redirect address, for providers that expect it as <c>redirect_uri</c> instead of
    /// the address (eBay's RuName).
    /// </summary>
    /// <value>The default value is <see langword="null"/>: the address itself is sent.</value>
    public string? RedirectUriName { get; set; }

    /// <summary>The <c>grant_type</c> of refresh requests.</summary>
    /// <value>The default value is <c>refresh_token</c>.</value>
    public string RefreshGrantType { get; set; } = "refresh_token";

    /// <summary>Which token a refresh request sends.</summary>
    /// <value>The default value is <see cref="RefreshCredential.RefreshToken"/>.</value>
    public RefreshCredential RefreshCredential { get; set; }

    /// <summary>How the client authenticates in refresh requests.</summary>
    /// <value>The default value is <see langword="null"/>: as set in <see cref="ClientAuthentication"/>.</value>
    public ClientAuthenticationMethod? RefreshAuthentication { get; set; }

    /// <summary>How refresh requests are written.</summary>
    /// <value>The default value is <see langword="null"/>: as set in <see cref="RequestFormat"/>.</value>
    public TokenRequestFormat? RefreshFormat { get; set; }

    /// <summary>The HTTP method of revocation requests.</summary>
    /// <value>The default value is <see cref="Options.RevocationMethod.Post"/>.</value>
    public RevocationMethod RevocationMethod { get; set; }

    /// <summary>How revocation requests are written.</summary>
    /// <value>The default value is <see cref="TokenRequestFormat.Form"/>.</value>
    public TokenRequestFormat RevocationFormat { get; set; }

    /// <summary>How the account is requested from <see cref="UserInfoEndpoint"/>.</summary>
    /// <value>The default value is <see cref="UserInfoRequestFormat.Get"/>.</value>
    public UserInfoRequestFormat UserInfoFormat { get; set; }
}
