using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>What an error answer means.</summary>
internal sealed class ErrorVerdict
{
    public required TokenErrorKind Kind { get; init; }

    public required TokenOutcome Outcome { get; init; }

    public required TokenFailureKind Failure { get; init; }

    /// <summary>The code as the provider wrote it: to be cleaned before anyone sees it.</summary>
    public string? RawCode { get; init; }
}
