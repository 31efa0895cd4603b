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
}
