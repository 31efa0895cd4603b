using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Decides whether a provider proves who a user is. What came with the browser (the callback's query) is a claim and identifies no one;
/// what
/// the provider itself answered to this app's client is proof.
/// </summary>
internal static class SignInRules
{
    private const string Remedy = "Set AccountIdFrom to IdToken (with Issuer), UserInfo or Reply, or remove the provider from SignInProviders";

    // Names, addresses and numbers can be changed by the user, and pass from one person to another.
    private static readonly string[] _changing =
    [
        "display_name", "displayname", "email", "email_address", "emailaddress", "login", "mail", "name", "nickname", "phone", "phone_number",
        "preferred_username", "unique_name", "upn", "user_name", "username", "userprincipalname",
    ];

    /// <summary>Returns whether the account id comes from the provider, and not through the browser.</summary>
    public static bool IsProven(OAuthProviderOptions options) => options.AccountIdFrom is AccountIdSource.Reply or AccountIdSource.IdToken or AccountIdSource.UserInfo;

    /// <summary>Returns who proves the account: with the account id, this identifies a person. Null if no one does.</summary>
    public static string? IssuerOf(OAuthProviderOptions options) =>
        !IsProven(options) ? null
        : options.AccountIdFrom == AccountIdSource.IdToken ? options.Issuer
        : EndpointAddress.Parse(options.AccountIdFrom == AccountIdSource.UserInfo ? options.UserInfoEndpoint : options.TokenEndpoint, options) is { } endpoint ? EndpointAddress.OriginOf(endpoint)
        : null;

    /// <summary>Returns whether a stored connection may sign its user in under these settings.</summary>
    public static bool IsVouchedFor(OAuthProviderOptions options, TokenSet stored) =>
        stored.SignInIssuer is { } issuer
        && (string.Equals(issuer, IssuerOf(options), StringComparison.Ordinal)
            || (options.AccountIdFrom != AccountIdSource.IdToken && IsProven(options) && options.PreviousTokenEndpointOrigins.Contains(issuer, StringComparer.OrdinalIgnoreCase)));

    /// <summary>Returns why users can't sign in by a provider, and what to set; null if they can.</summary>
    public static (string Problem, string Remedy)? ProblemOf(OAuthProviderOptions options)
    {
        if (options.AccountIdFrom == AccountIdSource.None)
            return ("does not state which account was connected (AccountIdFrom is None)", Remedy);
        if (options.AccountIdFrom == AccountIdSource.Callback)
            return ("takes the account id from the callback's query, which anyone can write (AccountIdFrom is Callback)", Remedy);
        if (options.AccountIdFrom == AccountIdSource.IdToken && string.IsNullOrEmpty(options.Issuer))
        {
            return ("has no Issuer, so ID tokens of any issuer would count",
                "Set Issuer to the provider's issuer identifier, or to a template whose placeholders are claims, such as \"https://login.microsoftonline.com/{tid}/v2.0\"");
        }

        string last = options.AccountIdPath?.Split('.')[^1] ?? "";
        return _changing.Contains(last, StringComparer.OrdinalIgnoreCase)
            ? ($"identifies accounts by \"{last}\", which users can change and which can pass to another person", "Set AccountIdPath to the immutable id, for example sub or id")
            : null;
    }
}
