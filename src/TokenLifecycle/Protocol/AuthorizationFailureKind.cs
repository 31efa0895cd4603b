namespace TokenLifecycle.Protocol;

/// <summary>Why an attempt to connect failed. Nothing that was connected before is touched by any of them.</summary>
public enum AuthorizationFailureKind
{
    /// <summary>The user or the provider declined.</summary>
    Denied = 0,

    /// <summary>The callback does not belong to the request: forged, stale, or from another browser. No token request was made.</summary>
    StateMismatch = 1,

    /// <summary>The callback or the token reply is not what the standard allows.</summary>
    InvalidResponse = 2,

    /// <summary>The provider did not accept the code: used before, too old, or not for this client. The user starts again.</summary>
    CodeRejected = 3,

    /// <summary>The provider rejected the client: its id, secret, redirect address or scopes. The operator has to correct it.</summary>
    ClientRejected = 4,

    /// <summary>The provider could not be reached or cannot serve now. The user tries again later.</summary>
    Temporary = 5,

    /// <summary>
    /// The provider gave no refresh token although the access token expires: the connection would be lost within the hour. Nothing was
    /// saved.
    /// </summary>
    RefreshTokenMissing = 6,
}
