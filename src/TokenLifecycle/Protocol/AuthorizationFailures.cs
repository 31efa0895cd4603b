using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Decides who can resolve an error that occurred while connecting.</summary>
internal static class AuthorizationFailures
{
    // Not in the standard, which says invalid_grant; Google and those who follow it say what is wrong.
    private const string RedirectMismatch = "redirect_uri_mismatch";

    /// <summary>
    /// RFC 6749 section 4.1.2.1. What is not known counts as a refusal: providers have many names for "the user said no".
    /// </summary>
    public static AuthorizationFailureKind OfCallback(string error) => error switch
    {
        "invalid_request" or "unauthorized_client" or "unsupported_response_type" or "invalid_scope" or RedirectMismatch => AuthorizationFailureKind.ClientRejected,
        "temporarily_unavailable" or "server_error" => AuthorizationFailureKind.Temporary,
        _ => AuthorizationFailureKind.Denied,
    };

    public static AuthorizationFailureKind OfReply(TokenReply reply) => reply.Error switch
    {
        TokenErrorKind.InvalidClient => AuthorizationFailureKind.ClientRejected,
        _ when reply.ErrorCode == RedirectMismatch => AuthorizationFailureKind.ClientRejected,
        TokenErrorKind.InteractionRequired => AuthorizationFailureKind.Denied,
        TokenErrorKind.RateLimited => AuthorizationFailureKind.Temporary,
        TokenErrorKind.Transient when reply.HttpStatus is < 300 or >= 400 => AuthorizationFailureKind.Temporary,
        null when reply.Failure is TokenFailureKind.Network or TokenFailureKind.NoAnswer => AuthorizationFailureKind.Temporary,
        null or TokenErrorKind.Transient => AuthorizationFailureKind.InvalidResponse,
        _ => AuthorizationFailureKind.CodeRejected,
    };
}
