namespace TokenLifecycle.Http;

/// <summary>Extensions that read what a response states about the token.</summary>
public static class TokenResponseExtensions
{
    /// <summary>
    /// Whether the API refused because the user granted too little (RFC 6750 section 3.1, <c>insufficient_scope</c>): no refresh helps, the user has to
    /// reconnect and grant more.
    /// </summary>
    /// <param name="response">The response.</param>
    /// <param name="requiredScope">The scope that the API requires, if it states one.</param>
    public static bool IsInsufficientScope(this HttpResponseMessage response, out string? requiredScope)
    {
        ArgumentNullException.ThrowIfNull(response);
        bool insufficient = BearerChallenge.IsInsufficientScope(response);
        requiredScope = insufficient ? BearerChallenge.ParameterOf(response, "scope") : null;
        return insufficient;
    }
}
