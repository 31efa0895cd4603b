namespace TokenLifecycle.Options;

/// <summary>Where a provider states which scopes the user granted.</summary>
public enum GrantedScopesSource
{
    /// <summary>The <c>scope</c> member of the token reply (RFC 6749 section 5.1).</summary>
    Reply = 0,

    /// <summary>The <c>scope</c> parameter of the callback, as Strava does.</summary>
    Callback = 1,
}
