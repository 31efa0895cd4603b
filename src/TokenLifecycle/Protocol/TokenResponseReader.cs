using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Reads the answer to a token request. Strict about what it accepts, and never throws; but whatever it refuses, a refresh token that
/// the provider has just issued is not thrown away with it (B6).
/// </summary>
internal static class TokenResponseReader
{
    public static TokenReply Read(TokenRequest request, BackChannelReply answer)
    {
        try
        {
            return ReadAnswer(request, FormReply.ToJson(answer));
        }
        catch (Exception)
        {
            // Whatever the error is, no part of the response that can be read may be lost.
            return Rescue(request, answer);
        }
    }

    private static TokenReply ReadAnswer(TokenRequest request, BackChannelReply answer) => answer switch
    {
        { Fault: BackChannelFault.NotSent } => Failed(request, answer, TokenOutcome.NotSent, TokenFailureKind.Network, answer.Detail),
        { Status: null, Fault: BackChannelFault.Unreadable } => Failed(request, answer, TokenOutcome.Unknown, TokenFailureKind.ProtocolError, answer.Detail),
        { Status: null } => Failed(request, answer, TokenOutcome.Unknown, TokenFailureKind.NoAnswer, answer.Detail),
        { Status: >= 200 and < 300 } => ReadSuccess(request, answer),
        { Status: >= 300 and < 400 } => Redirected(request, answer),
        _ => ReadError(request, answer),
    };

    private static TokenReply ReadSuccess(TokenRequest request, BackChannelReply answer)
    {
        if (!answer.IsComplete)
        {
            TokenFailureKind why = answer.Fault == BackChannelFault.NoAnswer ? TokenFailureKind.NoAnswer : TokenFailureKind.ProtocolError;
            return Salvage(request, answer, why, answer.Detail!);
        }

        using JsonDocument? document = JsonBody.Parse(answer.Body);
        if (document is not { RootElement: { ValueKind: JsonValueKind.Object } root })
            return Salvage(request, answer, TokenFailureKind.ProtocolError, "The answer is not a JSON object");
        if (TokenMembers.Find(HolderOf(root, request.Options), request.Options) is not { } members)
            return Salvage(request, answer, TokenFailureKind.ProtocolError, "The answer has a member twice, or one whose name is not valid text");
        if (IsError(request, answer, document, members))
            return ReadError(request, answer, document);
        if (SuccessTest.Fails(request.Options, root))
            return Salvage(request, answer, TokenFailureKind.ProtocolError, "The member at SuccessPath says that the request failed, but a refresh token came with it");
        if (answer.Status is not (200 or 201))
            return Salvage(request, answer, TokenFailureKind.ProtocolError, "The status is neither 200 nor 201");

        TokenLifetimes lifetimes = TokenLifetimes.Read(members, request, answer.Date);
        TokenSet? tokens = members["error"] is { } error && JsonBody.Text(error) != ""
            ? Refuse("error is not text", out string? problem)
            : TokenSetReader.Read(root, members, request, lifetimes, out problem);
        return tokens is null ? Salvage(request, answer, TokenFailureKind.ProtocolError, problem!) : new TokenReply
        {
            Outcome = TokenOutcome.Success,
            RequestedAt = request.RequestedAt,
            Tokens = tokens,
            IdToken = members["id_token"] is { } idToken ? JsonBody.Text(idToken) : null,
            HttpStatus = answer.Status,
            Detail = lifetimes.Problem,
            ClockSkew = lifetimes.ClockSkew,
        };
    }

    // An error that came with 2xx (C3), by the standard's name or by one of the provider's rules. A refresh token beside it outweighs it.
    private static bool IsError(TokenRequest request, BackChannelReply answer, JsonDocument document, TokenMembers members)
    {
        if (RefreshTokenSalvage.Find(answer.Body.Span, request.Options.TokenRoot) is not null)
            return false;
        if (members["error"] is { } error && JsonBody.Text(error) is { Length: > 0 })
            return true;
        if (SuccessTest.Fails(request.Options, document.RootElement))
            return true;
        if (members["access_token"] is not null)
            return false;
        // Beside an empty TokenRoot, the error may be at the root.
        return (request.Options.TokenRoot is not null && JsonPath.Scalar(document.RootElement, "error") is { Length: > 0 })
            || ErrorClassifier.MatchRule(request.Options, request.Grant, ErrorOf(answer, document)) is { Path: not null };
    }

    /// <summary>Returns the object that holds the tokens: the one at <c>TokenRoot</c>, or the whole response.</summary>
    private static JsonElement HolderOf(JsonElement root, OAuthProviderOptions options)
    {
        if (options.TokenRoot is not { } path)
            return root;
        JsonElement[] found = [.. JsonPath.Select(root, path).Take(2)];
        return found is [{ ValueKind: JsonValueKind.Object } holder] ? holder : root;
    }

    private static TokenSet? Refuse(string why, out string? problem)
    {
        problem = why;
        return null;
    }

    private static TokenReply Salvage(TokenRequest request, BackChannelReply answer, TokenFailureKind failure, string detail)
    {
        string? refreshToken = RefreshTokenSalvage.Find(answer.Body.Span, request.Options.TokenRoot);
        return Failed(request, answer, TokenOutcome.Unknown, refreshToken is null ? failure : TokenFailureKind.ProtocolError, detail, refreshToken);
    }

    /// <summary>Reads only the two tokens, by their standard names.</summary>
    private static TokenReply Rescue(TokenRequest request, BackChannelReply answer)
    {
        const string Detail = "The response could not be read";
        if (answer.Status is not (>= 200 and < 300))
            return Failed(request, answer, TokenOutcome.Unknown, TokenFailureKind.ProtocolError, Detail);

        using JsonDocument? document = answer.IsComplete ? JsonBody.Parse(answer.Body) : null;
        string? refreshToken = RefreshTokenSalvage.Find(answer.Body.Span, request.Options.TokenRoot);
        return document is { RootElement: { ValueKind: JsonValueKind.Object } root } && !root.TryGetProperty("error", out _)
            && root.TryGetProperty("access_token", out JsonElement access) && JsonBody.Text(access) is { Length: > 0 } accessToken
            && TokenCharacters.IsAccessToken(accessToken)
            ? new TokenReply
            {
                Outcome = TokenOutcome.Success,
                RequestedAt = request.RequestedAt,
                Tokens = new TokenSet { AccessToken = accessToken, RefreshToken = refreshToken, IssuedAt = request.RequestedAt, Issuer = request.Issuer, ClientId = request.Options.ClientId },
                HttpStatus = answer.Status,
                Detail = Detail,
            }
            : Failed(request, answer, TokenOutcome.Unknown, TokenFailureKind.ProtocolError, Detail, refreshToken);
    }

    // Never followed: the target would get the refresh token and the client secret (TE-3). Handled like an outage, and the detail names the
    // host to correct.
    private static TokenReply Redirected(TokenRequest request, BackChannelReply answer) =>
        Failed(request, answer, TokenOutcome.Refused, TokenFailureKind.ProtocolError,
            $"The endpoint redirected{(answer.RedirectOrigin is { } origin ? $" to {origin}" : "")}, which is never followed", error: TokenErrorKind.Transient);

    private static TokenReply ReadError(TokenRequest request, BackChannelReply answer)
    {
        using JsonDocument? document = answer.IsComplete ? JsonBody.Parse(answer.Body) : null;
        return ReadError(request, answer, document);
    }

    private static TokenReply ReadError(TokenRequest request, BackChannelReply answer, JsonDocument? document)
    {
        ErrorVerdict verdict = ErrorClassifier.Classify(request.Options, request.Grant, ErrorOf(answer, document));
        return Failed(request, answer, verdict.Outcome, verdict.Failure, answer.Detail ?? (document is null && verdict.RawCode is null ? "The error answer is not JSON" : null),
            error: verdict.Kind, code: ErrorCode.Clean(verdict.RawCode, request.Secrets));
    }

    private static ErrorAnswer ErrorOf(BackChannelReply answer, JsonDocument? document) => new()
    {
        Status = answer.Status ?? 0,
        Body = document?.RootElement,
        IsJson = MediaTypes.IsJson(answer.MediaType),
        IsEmpty = answer.Body.Span.TrimStart(" \t\r\n"u8).IsEmpty,
        IsComplete = answer.IsComplete,
        ChallengeCode = ChallengeError.Find(answer.Challenge),
    };

    private static TokenReply Failed(TokenRequest request, BackChannelReply answer, TokenOutcome outcome, TokenFailureKind failure, string? detail,
        string? salvaged = null, TokenErrorKind? error = null, string? code = null) => new()
    {
        Outcome = outcome,
        RequestedAt = request.RequestedAt,
        SalvagedRefreshToken = salvaged,
        Error = error,
        Failure = failure,
        ErrorCode = code,
        HttpStatus = answer.Status,
        Detail = detail,
        RetryAfter = answer.RetryAfter,
    };
}
