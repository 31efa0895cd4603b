namespace TokenLifecycle.Options;

/// <summary>What callers get when the grant is gone but the last access token still works.</summary>
public enum ReauthorizationPolicy
{
    /// <summary>The token, until it expires, marked with <see cref="AccessToken.ReauthorizationRequired"/>.</summary>
    ServeUntilExpiry = 0,

    /// <summary>A <see cref="ReauthorizationRequiredException"/> at once.</summary>
    FailFast = 1,
}
