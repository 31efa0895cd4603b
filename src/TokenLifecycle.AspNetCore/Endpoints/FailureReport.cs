namespace TokenLifecycle.AspNetCore;

/// <summary>The last failure of a connection, as JSON.</summary>
internal sealed class FailureReport
{
    public required string Kind { get; init; }

    public required DateTimeOffset At { get; init; }

    public required int Attempts { get; init; }

    public string? ErrorCode { get; init; }

    public required Guidance Guidance { get; init; }

    public static FailureReport Of(TokenFailure failure) => new()
    {
        Kind = failure.Kind.ToString(),
        At = failure.At,
        Attempts = failure.Attempts,
        ErrorCode = failure.ErrorCode,
        Guidance = Guidance.Of(failure.Kind),
    };
}
