namespace TokenLifecycle.Protocol;

/// <summary>What came of a revocation. Holds only what may be logged.</summary>
internal sealed class RevocationReply
{
    public required RevocationOutcome Outcome { get; init; }

    /// <summary>Whether asking again later may succeed: the token still exists (RFC 7009 section 2.2.1).</summary>
    public bool Retryable { get; init; }

    public int? HttpStatus { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The provider's error code, cleaned and capped.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>What went wrong, in our own words.</summary>
    public string? Detail { get; init; }
}
