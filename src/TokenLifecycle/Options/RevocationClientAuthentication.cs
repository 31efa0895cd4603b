namespace TokenLifecycle.Options;

/// <summary>How the client proves who it is at the revocation endpoint.</summary>
public enum RevocationClientAuthentication
{
    /// <summary>As at the token endpoint.</summary>
    SameAsToken = 0,

    /// <summary><c>client_id</c> and <c>client_secret</c> in the request body.</summary>
    Body = 1,

    /// <summary>HTTP Basic.</summary>
    Basic = 2,

    /// <summary>Not at all: the token alone, as Google wants it.</summary>
    Omit = 3,

    /// <summary>The header <c>Authorization: Client</c> with the client secret (Square). The client id is sent in the body.</summary>
    ClientHeader = 4,

    /// <summary>
    /// HTTP Basic with the client secret as user name and an empty password (Stripe). The client id is sent in the body too.
    /// </summary>
    BasicSecretAsUserName = 5,
}
