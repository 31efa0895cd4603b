using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Error responses of providers for conditions that RFC 6749 has no code for. They are so specific that they cannot mean anything else at
/// another provider. Tried after the rules of the app and its preset.
/// </summary>
internal static class KnownErrors
{
    /// <summary>
    /// Entra ID numbers its errors. These are about the app's registration or the request itself, whatever code of RFC 6749 comes with
    /// them, so no reconnect resolves them: the app is unknown in the tenant or disabled (700016, 7000112), its secret or certificate is
    /// wrong, expired or missing (7000215, 7000222, 7000218, 700027), the scope or resource is not valid (70011, 500011, 650053, 90009,
    /// 28000, 28003), the request is malformed (90014, 90023, 900144, 9002313) or its grant type not supported (70003).
    /// </summary>
    private static readonly string[] _entra =
    [
        "700016", "7000112", "7000215", "7000222", "7000218", "700027", "70011", "500011", "650053", "90009", "28000", "28003", "90014", "90023", "900144", "9002313", "70003",
    ];

    public static IReadOnlyList<TokenErrorRule> Rules { get; } =
    [
        // Salesforce: another refresh with the same refresh token is in progress. It may be an earlier request of this library that was not
        // answered in time.
        new() { Grant = OAuthGrantType.RefreshToken, Path = "error_description", Value = "token request is already being processed", Kind = TokenErrorKind.ConcurrentUse },
        .. _entra.Select(static number => new TokenErrorRule { Path = "error_codes[*]", Value = number, Kind = TokenErrorKind.InvalidClient }),
    ];
}
