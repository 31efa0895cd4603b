using System.Diagnostics;
using System.Text.Json.Serialization;

namespace TokenLifecycle.Protocol;

/// <summary>
/// One attempt of a user to connect: where to send the browser, and what must be remembered, bound to that browser, until it comes back.
/// Holds secrets; printing it never shows them.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(RedactedJsonConverter<AuthorizationRequest>))]
public sealed class AuthorizationRequest
{
    private int _codeSent;

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>Where to send the user's browser. Holds the state, so it is as secret as that.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public required Uri Url { get; init; }

    /// <summary>Ties the callback to this request.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public required string State { get; init; }

    /// <summary>
    /// Proves at the token endpoint that the request was ours (RFC 7636); <see langword="null"/> if the provider does not know PKCE.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? CodeVerifier { get; init; }

    /// <summary>
    /// Ties the ID token to this request (OpenID Connect Core section 3.1.2.1); <see langword="null"/> unless <c>openid</c> was asked for.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? Nonce { get; init; }

    /// <summary>Where the provider sends the browser back to; the token request repeats it character for character.</summary>
    public required Uri RedirectUri { get; init; }

    /// <summary>The scopes that were asked for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>
    /// The issuer that the callback must name if it names one (RFC 9207); <see langword="null"/> if the provider's settings have none.
    /// </summary>
    public string? Issuer { get; init; }

    /// <summary>When the attempt began, so that an old one can be refused.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The provider and the time, never a secret.</summary>
    public override string ToString() => $"Authorization request to {Provider} of {CreatedAt:u} (redacted)";

    /// <summary>Reserves the one exchange that a request is good for (TE-5); false if it was taken.</summary>
    internal bool TryBeginExchange() => Interlocked.Exchange(ref _codeSent, 1) == 0;

    /// <summary>Gives the exchange back: the code surely did not leave.</summary>
    internal void CodeWasNotSent() => Volatile.Write(ref _codeSent, 0);
}
