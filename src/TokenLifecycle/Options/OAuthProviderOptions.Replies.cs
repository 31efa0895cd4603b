namespace TokenLifecycle.Options;

// How responses differ from RFC 6749 and OpenID Connect.
public sealed partial class OAuthProviderOptions
{
    /// <summary>
    /// The path of the object that holds the tokens, for example <c>authed_user</c> or <c>data</c>. A response without it is read at its
    /// root. Other paths, such as <see cref="AccountIdPath"/>, start at the root of the response.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: the root.</value>
    public string? TokenRoot { get; set; }

    /// <summary>
    /// The path of a member that says whether a request succeeded, for example <c>ok</c>. If it has another value than
    /// <see cref="SuccessValue"/>, a response with status 200 is an error: of a token request, a revocation or a user-info request.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: the status and the member <c>error</c> decide.</value>
    public string? SuccessPath { get; set; }

    /// <summary>The value at <see cref="SuccessPath"/> that means success, compared ordinally.</summary>
    /// <value>The default value is <c>true</c>.</value>
    public string SuccessValue { get; set; } = "true";

    /// <summary>
    /// Token types that are accepted besides <c>Bearer</c> and treated like it, for example <c>User Access Token</c>. Only for tokens that
    /// the API accepts as a bearer token.
    /// </summary>
    public IList<string> AcceptedTokenTypes { get; set; } = [];

    /// <summary>
    /// Whether the response to a code exchange or client credentials request must name its token type. A response to a refresh needn't: the
    /// type stays as it was.
    /// </summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool TokenTypeRequired { get; set; } = true;

    /// <summary>The unit of the lifetimes in responses.</summary>
    /// <value>The default value is <see cref="LifetimeUnit.Seconds"/>.</value>
    public LifetimeUnit ExpiresInUnit { get; set; }

    /// <summary>
    /// The response member with the time at which the refresh token expires: seconds or milliseconds since 1970, or a date as ISO 8601.
    /// </summary>
    /// <value>The default value is <c>refresh_token_expires_at</c>.</value>
    public string RefreshTokenExpiresAtField { get; set; } = "refresh_token_expires_at";

    /// <summary>
    /// Paths of members of the user-info response to keep with the connection, for example Mailchimp's <c>dc</c> or DocuSign's
    /// <c>accounts[*].base_uri</c>. Read once, after connecting. Never name a secret here.
    /// </summary>
    public IList<string> UserInfoCapturedFields { get; set; } = [];

    /// <summary>What is checked of the ID token of a request with the scope <c>openid</c>.</summary>
    /// <value>The default value is <see cref="Options.IdTokenCheck.Nonce"/>.</value>
    public IdTokenCheck IdTokenCheck { get; set; }

    /// <summary>
    /// The name under which the provider reports a granted scope, by the name under which it is requested, for example <c>email</c> =
    /// <c>https://www.googleapis.com/auth/userinfo.email</c>.
    /// </summary>
    public IDictionary<string, string> ScopeAliases { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Scopes that the provider grants without reporting them, so that they never count as missing. <c>openid</c>, <c>offline_access</c>
    /// and <c>offline</c> never do.
    /// </summary>
    public IList<string> UnreportedScopes { get; set; } = [];
}
