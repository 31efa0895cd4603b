using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Evaluates an error response: the provider's own rules first, then what its status says, then RFC 6749 section 5.2.
/// Only an error that names the grant can end a connection; whatever is not understood passes as time's or the operator's problem.
/// </summary>
internal static class ErrorClassifier
{
    public static ErrorVerdict Classify(OAuthProviderOptions options, OAuthGrantType grant, ErrorAnswer answer)
    {
        string? code = answer.IsComplete && answer.Body is { ValueKind: JsonValueKind.Object } body ? JsonPath.Scalar(body, "error") : null;
        if (MatchRule(options, grant, answer) is { } rule)
            return Verdict(rule.Kind, answer, code ?? answer.ChallengeCode ?? rule.Value, byRule: true);

        string? named = (answer.IsJson ? code : null) ?? answer.ChallengeCode;
        return Verdict(ByStatus(answer, named) ?? ByCode(named, grant), answer, named, byRule: false);
    }

    /// <summary>Returns the first matching rule of the provider, or else of the known errors. A truncated body matches no rule.</summary>
    public static TokenErrorRule? MatchRule(OAuthProviderOptions options, OAuthGrantType grant, ErrorAnswer answer) =>
        answer.IsComplete ? options.ErrorRules.Concat(KnownErrors.Rules).FirstOrDefault(rule => Fits(rule, grant, answer)) : null;

    private static bool Fits(TokenErrorRule rule, OAuthGrantType grant, ErrorAnswer answer)
    {
        if (rule.Grant is { } wanted && wanted != grant)
            return false;
        if (rule.Status is { } status && status != answer.Status && status != answer.EffectiveStatus)
            return false;
        if (rule.EmptyBody && !answer.IsEmpty)
            return false;
        if (rule.Path is null)
            return true;
        return answer.Body is { } body
            && JsonPath.Select(body, rule.Path).Any(found => rule.Value is null || JsonPath.Scalar(found) == rule.Value);
    }

    private static TokenErrorKind? ByStatus(ErrorAnswer answer, string? named) => answer.EffectiveStatus switch
    {
        429 => TokenErrorKind.RateLimited,
        408 or 409 or 423 or 425 or < 400 or >= 500 => TokenErrorKind.Transient,
        // A firewall's or proxy's page says nothing about the grant (C5).
        _ when named is null && (!answer.IsJson || answer.Body is null) => TokenErrorKind.Transient,
        _ => null,
    };

    private static TokenErrorKind ByCode(string? code, OAuthGrantType grant) => code switch
    {
        "invalid_grant" => grant switch
        {
            OAuthGrantType.AuthorizationCode => TokenErrorKind.InvalidCode,
            OAuthGrantType.RefreshToken => TokenErrorKind.InvalidGrant,
            // Here the client itself is the grant: no user could reconnect it.
            _ => TokenErrorKind.InvalidClient,
        },
        "invalid_client" or "unauthorized_client" or "unsupported_grant_type" or "invalid_scope" or "invalid_target" or "invalid_resource" => TokenErrorKind.InvalidClient,
        "consent_required" or "interaction_required" or "login_required" or "account_selection_required" => TokenErrorKind.InteractionRequired,
        "temporarily_unavailable" or "server_error" => TokenErrorKind.Transient,
        "slow_down" => TokenErrorKind.RateLimited,
        // Some servers say this to the loser of a race (C7); other grants have no races.
        "invalid_request" => grant == OAuthGrantType.RefreshToken ? TokenErrorKind.ConcurrentUse : TokenErrorKind.InvalidClient,
        _ => TokenErrorKind.Unknown,
    };

    private static ErrorVerdict Verdict(TokenErrorKind kind, ErrorAnswer answer, string? code, bool byRule) => new()
    {
        Kind = kind,
        Outcome = OutcomeOf(kind, answer, byRule),
        Failure = FailureOf(kind, answer),
        RawCode = code,
    };

    // A rule that recognizes a 500 as a refusal knows that the provider has answered (C12). Else a 5xx may hide a rotation (F32).
    private static TokenOutcome OutcomeOf(TokenErrorKind kind, ErrorAnswer answer, bool byRule) => answer.EffectiveStatus switch
    {
        _ when byRule && kind != TokenErrorKind.Transient => TokenOutcome.Refused,
        429 or 503 => TokenOutcome.Refused,
        >= 400 and < 500 when answer.IsComplete => TokenOutcome.Refused,
        _ => TokenOutcome.Unknown,
    };

    private static TokenFailureKind FailureOf(TokenErrorKind kind, ErrorAnswer answer) => kind switch
    {
        TokenErrorKind.InvalidGrant or TokenErrorKind.InvalidCode => TokenFailureKind.GrantRejected,
        TokenErrorKind.InvalidClient => TokenFailureKind.ClientRejected,
        TokenErrorKind.InteractionRequired => TokenFailureKind.InteractionRequired,
        TokenErrorKind.RateLimited => TokenFailureKind.RateLimited,
        TokenErrorKind.Transient when answer.EffectiveStatus < 500 && (!answer.IsJson || answer.Body is null) => TokenFailureKind.ProtocolError,
        TokenErrorKind.Transient => TokenFailureKind.ProviderUnavailable,
        _ => TokenFailureKind.UnknownRejection,
    };
}
