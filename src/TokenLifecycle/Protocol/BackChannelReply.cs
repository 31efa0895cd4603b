using System.Diagnostics;

namespace TokenLifecycle.Protocol;

/// <summary>One response of a provider, or the part of it that was received.</summary>
internal sealed record BackChannelReply
{
    public required BackChannelFault Fault { get; init; }

    /// <summary>The HTTP status; null if no headers came.</summary>
    public int? Status { get; init; }

    /// <summary>The media type without parameters, lower case; null if there was none.</summary>
    public string? MediaType { get; init; }

    /// <summary>The decompressed body, or its beginning if <see cref="Fault"/> says that it is not complete.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The provider's clock, from its Date header.</summary>
    public DateTimeOffset? Date { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The <c>WWW-Authenticate</c> header as it was sent. Some providers name the error only there.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? Challenge { get; init; }

    /// <summary>Scheme and host of a redirect's target, without its path and query.</summary>
    public string? RedirectOrigin { get; init; }

    /// <summary>What went wrong, in our own words.</summary>
    public string? Detail { get; init; }

    public bool IsComplete => Fault == BackChannelFault.None;

    /// <summary>Returns the status and never the body. Replaces the method of the record, which would print every member.</summary>
    public override string ToString() => $"HTTP {Status} ({Fault}), {Body.Length} bytes (redacted)";
}
