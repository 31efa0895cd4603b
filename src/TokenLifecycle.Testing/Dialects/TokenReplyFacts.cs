using TokenLifecycle.Testing.Grants;

namespace TokenLifecycle.Testing.Dialects;

/// <summary>What a token reply may contain; what is <see langword="null"/> is left out.</summary>
internal sealed class TokenReplyFacts
{
    public required Issued Tokens { get; init; }

    public required bool FromCode { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required string ClientId { get; init; }

    public long? ExpiresIn { get; init; }

    public long? ExpiresAt { get; init; }

    public long? RefreshTokenExpiresIn { get; init; }

    public string? Scope { get; init; }

    public string AccessToken => Tokens.Access.Value;

    public string? RefreshToken => Tokens.Refresh?.Value;
}
