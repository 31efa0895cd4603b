namespace TokenLifecycle.Options;

/// <summary>Which token an RFC 7009 revocation sends.</summary>
public enum TokenToRevoke
{
    /// <summary>The refresh token, and the access token if there is no other.</summary>
    RefreshToken = 0,

    /// <summary>The access token.</summary>
    AccessToken = 1,
}
