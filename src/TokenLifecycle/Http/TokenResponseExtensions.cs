using System.Globalization;

namespace TokenLifecycle.Http;

/// <summary>Extensions that read what a response states about the token.</summary>
public static class TokenResponseExtensions
{
    /// <summary>
    /// Whether the API refused because the user granted too little (RFC 6750 section 3.1, <c>insufficient_scope</c>): no refresh helps, the
    /// user has to reconnect and grant more.
    /// </summary>
    /// <param name="response">The response.</param>
    /// <param name="requiredScope">The scope that the API requires, if it states one.</param>
    public static bool IsInsufficientScope(this HttpResponseMessage response, out string? requiredScope)
    {
        ArgumentNullException.ThrowIfNull(response);
        bool insufficient = BearerChallenge.Is(response, BearerChallenge.InsufficientScope);
        requiredScope = insufficient ? BearerChallenge.ParameterOf(response, "scope") : null;
        return insufficient;
    }

    /// <summary>
    /// Whether the API refused because the user has to authenticate more strongly or more recently (RFC 9470,
    /// <c>insufficient_user_authentication</c>). The token handler doesn't refresh: a newer token has the same authentication. Send the
    /// user to the provider again with these values.
    /// </summary>
    /// <param name="response">The response.</param>
    /// <param name="acrValues">The authentication context classes that the API accepts, separated by spaces, if it names any.</param>
    /// <param name="maxAge">How long ago the user may have authenticated, if the API limits it.</param>
    public static bool IsInsufficientUserAuthentication(this HttpResponseMessage response, out string? acrValues, out TimeSpan? maxAge)
    {
        ArgumentNullException.ThrowIfNull(response);
        bool insufficient = BearerChallenge.Is(response, BearerChallenge.InsufficientUserAuthentication);
        acrValues = insufficient ? BearerChallenge.ParameterOf(response, "acr_values") : null;
        maxAge = insufficient && int.TryParse(BearerChallenge.ParameterOf(response, "max_age"), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
        return insufficient;
    }

    /// <summary>
    /// Whether the API refused because the token lacks claims (<c>insufficient_claims</c>, for example Microsoft's continuous access
    /// evaluation). The token handler doesn't refresh. Send the user to the provider again with the <c>claims</c> parameter.
    /// </summary>
    /// <param name="response">The response.</param>
    /// <param name="claims">The claims challenge as the API sent it, usually Base64-encoded JSON.</param>
    public static bool IsInsufficientClaims(this HttpResponseMessage response, out string? claims)
    {
        ArgumentNullException.ThrowIfNull(response);
        bool insufficient = BearerChallenge.Is(response, BearerChallenge.InsufficientClaims);
        claims = insufficient ? BearerChallenge.ParameterOf(response, "claims") : null;
        return insufficient;
    }
}
