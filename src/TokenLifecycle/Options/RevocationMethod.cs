namespace TokenLifecycle.Options;

/// <summary>The HTTP method of revocation requests.</summary>
public enum RevocationMethod
{
    /// <summary>POST (RFC 7009).</summary>
    Post = 0,

    /// <summary>DELETE.</summary>
    Delete = 1,
}
