namespace TokenLifecycle.Protocol;

/// <summary>The outcome of a token request, by what is known of the refresh token or code that it carried.</summary>
internal enum TokenOutcome
{
    /// <summary>A valid token response.</summary>
    Success,

    /// <summary>The request surely did not reach the provider: may be sent again.</summary>
    NotSent,

    /// <summary>
    /// A complete answer that the request was not served: refused by an OAuth error, throttled, or turned away with 429 or 503.
    /// </summary>
    Refused,

    /// <summary>Sent, and nothing certain came back: the provider may have acted.</summary>
    Unknown,
}
