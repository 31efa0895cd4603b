using TokenLifecycle.Protocol;

namespace TokenLifecycle.AspNetCore;

/// <summary>What is remembered of an attempt while its browser is away. The state is not in it: it comes back with the browser, and its hash finds this.</summary>
internal sealed class AuthorizationState
{
    public required string Provider { get; init; }

    public required string Connection { get; init; }

    /// <summary>The signed-in user who began; null if a user is signing in.</summary>
    public string? UserId { get; init; }

    public string? ReturnUrl { get; init; }

    public string? Verifier { get; init; }

    public string? Nonce { get; init; }

    public required string RedirectUri { get; init; }

    public required string[] Scopes { get; init; }

    public string? Issuer { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The request again, as it was made.</summary>
    /// <param name="state">What came back with the browser; its hash has found this.</param>
    public AuthorizationRequest ToRequest(string state) => new()
    {
        Provider = Provider,
        Url = new Uri(RedirectUri),
        State = state,
        CodeVerifier = Verifier,
        Nonce = Nonce,
        RedirectUri = new Uri(RedirectUri),
        Scopes = Scopes,
        Issuer = Issuer,
        CreatedAt = CreatedAt,
    };
}
