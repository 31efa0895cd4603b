namespace TokenLifecycle;

/// <summary>
/// The record of the last failed attempt at a connection. Holds nothing secret and no text of the provider beyond its error code.
/// </summary>
public sealed class TokenFailure
{
    /// <summary>What went wrong.</summary>
    public required TokenFailureKind Kind { get; init; }

    /// <summary>When the last attempt failed.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When the unbroken row of failures began.</summary>
    public required DateTimeOffset FirstAt { get; init; }

    /// <summary>How many attempts in a row have failed.</summary>
    public required int Attempts { get; init; }

    /// <summary>
    /// The provider's error code (RFC 6749 section 5.2), cleaned of control characters and capped; <see langword="null"/> if it gave none.
    /// </summary>
    public string? ErrorCode { get; init; }

    /// <summary>The HTTP status of the answer; <see langword="null"/> if there was none.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>The kind, count and codes.</summary>
    public override string ToString() =>
        $"{Kind}{(HttpStatus is { } status ? $", HTTP {status}" : "")}{(ErrorCode is null ? "" : $", {ErrorCode}")}, {Attempts} in a row since {FirstAt:u}";
}
