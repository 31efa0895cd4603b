using System.Text.Json.Serialization;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.AspNetCore;

/// <summary>What has to be known of an attempt when its browser comes back. It travels in a cookie of that browser, encrypted.</summary>
internal sealed record AuthorizationState
{
    /// <summary>The hash of the state: the attempt answers to no other one. Part of its key, not of its text.</summary>
    [JsonIgnore]
    public string Id { get; init; } = "";

    /// <summary>
    /// The hash of the browser's cookie: planted in another browser, the attempt is worth nothing. Part of its key as well.
    /// </summary>
    [JsonIgnore]
    public string Browser { get; init; } = "";

    public required string Provider { get; init; }

    public required string Connection { get; init; }

    /// <summary>The tenant of the request that began; null without tenants.</summary>
    public string? Tenant { get; init; }

    /// <summary>The signed-in user who began; null if a user is signing in.</summary>
    public string? UserId { get; init; }

    /// <summary>Whether the connection may be used to sign in: a user is signing in, or the app has allowed it at the start.</summary>
    public bool AllowsSignIn { get; init; }

    public string? ReturnUrl { get; init; }

    public string? Verifier { get; init; }

    public string? Nonce { get; init; }

    public required string RedirectUri { get; init; }

    public required string[] Scopes { get; init; }

    public string? Issuer { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The key of the connection for a user.</summary>
    public TokenKey KeyOf(string userId) => new TokenKey(Provider, userId, Connection).In(Tenant);

    /// <summary>The request again, as it was made.</summary>
    /// <param name="state">What came back with the browser; its hash is <see cref="Id"/>.</param>
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
