using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;

namespace TokenLifecycle.Protocol;

/// <summary>
/// What the browser brought back from the provider (RFC 6749 section 4.1.2). Everything in it is untrusted until the exchange has checked
/// it.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(RedactedJsonConverter<AuthorizationResponse>))]
public sealed class AuthorizationResponse
{
    /// <summary>The authorization code; <see langword="null"/> if there is none.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? Code { get; init; }

    /// <summary>The state that ties it to a request.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? State { get; init; }

    /// <summary>The granted scopes as the provider wrote them; <see langword="null"/> if it did not say.</summary>
    public string? Scope { get; init; }

    /// <summary>Who answers (RFC 9207, the parameter <c>iss</c>).</summary>
    public string? Issuer { get; init; }

    /// <summary>The error code, cleaned of unusual characters and capped; <see langword="null"/> if there is none.</summary>
    public string? Error { get; init; }

    /// <summary>
    /// The parameters that the standard does not know, for example QuickBooks' <c>realmId</c>. One that is there twice is left out.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Reads a callback: its address, its query, or the body of its form post. Decodes exactly once.</summary>
    /// <param name="queryOrUrl">The text as it came over the wire.</param>
    /// <exception cref="AuthorizationFailedException">It repeats a parameter of the standard, has both a code and an error, holds a token,
    /// or is too long.</exception>
    public static AuthorizationResponse Parse(string queryOrUrl)
    {
        ArgumentNullException.ThrowIfNull(queryOrUrl);
        CallbackQuery query = CallbackQuery.Parse(queryOrUrl);
        if (query["code"] is { Length: > 0 } && query["error"] is not null)
            throw CallbackQuery.Invalid("It has a code and an error at once");
        return new AuthorizationResponse
        {
            Code = query["code"] is { Length: > 0 } code ? code : null,
            State = query["state"],
            Scope = query["scope"],
            Issuer = query["iss"],
            // An error without a usable character still is an error.
            Error = query["error"] is { } error ? ErrorCode.Clean(error, query["state"]) ?? "error" : null,
            Parameters = query.Others,
        };
    }

    /// <summary>Returns the response with the code from the parameter that the provider uses for it.</summary>
    internal AuthorizationResponse WithCodeFrom(string parameter) =>
        Code is not null || Error is not null || !Parameters.TryGetValue(parameter, out string? code) || code.Length == 0
            ? this
            : new AuthorizationResponse { Code = code, State = State, Scope = Scope, Issuer = Issuer, Parameters = Parameters };

    /// <summary>Whether it is a success or an error, never a value.</summary>
    public override string ToString() => $"Authorization response (redacted), {(Error is not null ? $"error {Error}" : Code is null ? "no code" : "with code")}";
}
