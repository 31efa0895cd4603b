using System.Diagnostics;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>The outcome of one token request. Plain data: the tokens, and for failures only what may be logged.</summary>
internal sealed record TokenReply
{
    public required TokenOutcome Outcome { get; init; }

    /// <summary>When the request began: lifetimes are measured from here, so that no token seems to live longer than it does.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>
    /// The tokens, on success. ExpiresAt and Scopes are null if the response did not state them; RefreshToken is null if it brought none.
    /// </summary>
    public TokenSet? Tokens { get; init; }

    /// <summary>A usable refresh token found in a 2xx answer that was refused otherwise: it must be saved all the same (B6).</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? SalvagedRefreshToken { get; init; }

    /// <summary>The ID token beside the tokens. Only its claims are used, right after a code exchange; never stored.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? IdToken { get; init; }

    /// <summary>What the error answer means; null unless the provider answered with an error.</summary>
    public TokenErrorKind? Error { get; init; }

    /// <summary>The failure in terms of the API; meaningless on success.</summary>
    public TokenFailureKind Failure { get; init; }

    /// <summary>The provider's error code, cleaned and capped.</summary>
    public string? ErrorCode { get; init; }

    public int? HttpStatus { get; init; }

    /// <summary>What was wrong with the answer or the connection, in our own words, for the log. Never text of the provider.</summary>
    public string? Detail { get; init; }

    /// <summary>The provider's Retry-After, capped at a day; null if it is missing or invalid.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>By how much the provider's clock, computed from its expiry time, is ahead of ours; null if it is unknown.</summary>
    public TimeSpan? ClockSkew { get; init; }

    /// <summary>The request for the trace; null if none was made.</summary>
    public SentTokenRequest? Sent { get; init; }

    public bool IsSuccess => Outcome == TokenOutcome.Success;

    /// <summary>Returns the outcome and never a token. Replaces the method of the record, which would print every member.</summary>
    public override string ToString() => $"{Outcome}, HTTP {HttpStatus} (redacted)";
}
