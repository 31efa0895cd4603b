namespace TokenLifecycle.Options;

/// <summary>How the client proves who it is at the token endpoint (RFC 6749 section 2.3). Exactly one per request; never probed.</summary>
public enum ClientAuthenticationMethod
{
    /// <summary><c>client_id</c> and <c>client_secret</c> in the request body.</summary>
    Body = 0,

    /// <summary>HTTP Basic, id and secret form-encoded first (RFC 6749 section 2.3.1).</summary>
    Basic = 1,

    /// <summary>A public client: only <c>client_id</c>, in the body.</summary>
    None = 2,

    /// <summary>
    /// HTTP Basic with id and secret unencoded, for providers that don't decode them. It differs from <see cref="Basic"/> only if one of
    /// them holds a special character.
    /// </summary>
    BasicUnencoded = 3,

    /// <summary>HTTP Basic with the client secret as user name and an empty password (Stripe). The client id isn't sent.</summary>
    BasicSecretAsUserName = 4,

    /// <summary>HTTP Basic with the client id as user name and an empty password: a public client (Reddit).</summary>
    BasicWithoutSecret = 5,
}
