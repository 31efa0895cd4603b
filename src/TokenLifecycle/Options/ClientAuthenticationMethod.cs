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
}
