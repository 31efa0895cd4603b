using System.Diagnostics;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>What the reader of an answer has to know of the request.</summary>
internal sealed class TokenRequest
{
    public required OAuthProviderOptions Options { get; init; }

    public required OAuthGrantType Grant { get; init; }

    /// <summary>Before the first byte was sent: lifetimes count from here (D6).</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>The origin of the endpoint that was asked.</summary>
    public required string Issuer { get; init; }

    /// <summary>The secrets that were sent, so that an echo of one is noticed.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public required string?[] Secrets { get; init; }
}
