namespace TokenLifecycle.Options;

/// <summary>How the body of a token request is written.</summary>
public enum TokenRequestFormat
{
    /// <summary><c>application/x-www-form-urlencoded</c>, as RFC 6749 demands.</summary>
    Form = 0,

    /// <summary><c>application/json</c>, as a few providers demand instead.</summary>
    Json = 1,
}
