namespace TokenLifecycle.Options;

/// <summary>What is checked of the ID token of a request with the scope <c>openid</c>.</summary>
public enum IdTokenCheck
{
    /// <summary>The response must contain an ID token with the nonce of the request (OpenID Connect Core section 3.1.3.7).</summary>
    Nonce = 0,

    /// <summary>
    /// The response must contain an ID token; a missing nonce is accepted, a wrong one isn't. For providers that don't return the nonce,
    /// such as LinkedIn.
    /// </summary>
    OptionalNonce = 1,

    /// <summary>
    /// The response needs no ID token; one without a nonce is accepted too. For providers that return none, such as PayPal.
    /// </summary>
    Optional = 2,
}
