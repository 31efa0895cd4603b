using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Serialization;

namespace TokenLifecycle;

/// <summary>All that a caller needs to call the API. Printing it never shows the secret.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class AccessToken
{
    /// <summary>Makes a token; the library does this, and tests of applications may.</summary>
    /// <param name="value">The secret.</param>
    /// <param name="type">The token type, <c>Bearer</c> in practice.</param>
    /// <param name="expiresAt">When it ends, or <see langword="null"/> if the provider did not say.</param>
    /// <param name="scopes">The granted scopes.</param>
    /// <param name="reauthorizationRequired">Whether the grant behind it is gone.</param>
    public AccessToken(string value, string type = "Bearer", DateTimeOffset? expiresAt = null, IReadOnlyList<string>? scopes = null, bool reauthorizationRequired = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        ArgumentException.ThrowIfNullOrEmpty(type);
        Value = value;
        Type = type;
        ExpiresAt = expiresAt;
        Scopes = scopes ?? [];
        ReauthorizationRequired = reauthorizationRequired;
    }

    /// <summary>The secret itself, as it goes into the <c>Authorization</c> header. Not written by JSON serializers.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string Value { get; }

    /// <summary>The token type (RFC 6749 section 7.1).</summary>
    /// <value>The default value is <c>Bearer</c>.</value>
    public string Type { get; }

    /// <summary>When the token expires, in UTC; <see langword="null"/> if neither the provider nor its settings state it.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>The scopes that the user granted, as far as the provider reported them, else those requested.</summary>
    public IReadOnlyList<string> Scopes { get; }

    /// <summary>
    /// Whether this is the last token of a dead grant: it still works until it expires, but no other will follow until the user reconnects.
    /// </summary>
    public bool ReauthorizationRequired { get; }

    /// <summary>
    /// The value of the <c>Authorization</c> header, written once for all requests. The word Bearer as RFC 6750 spells it, whatever the
    /// provider's spelling.
    /// </summary>
    /// <exception cref="FormatException">The type is not a valid scheme; the constructor does not print the value when it is malformed,
    /// unlike Parse.</exception>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string AuthorizationHeader =>
        field ??= new AuthenticationHeaderValue(string.Equals(Type, "bearer", StringComparison.OrdinalIgnoreCase) ? "Bearer" : Type, Value).ToString();

    /// <summary>Type and expiry, never the value.</summary>
    public override string ToString() => $"{Type} access token (redacted), expires {ExpiresAt?.ToString("u") ?? "at an unknown time"}";
}
