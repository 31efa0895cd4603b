namespace TokenLifecycle.Testing;

/// <summary>A request to the token endpoint, as the server saw it. Holds no secret.</summary>
public sealed class TokenRequestEntry
{
    /// <summary>When it was processed, or when the fault that answered it was over.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The <c>grant_type</c>; empty if there was none.</summary>
    public required string GrantType { get; init; }

    /// <summary>How the client authenticated: <c>body</c>, <c>basic</c>, <c>body+basic</c> or <c>none</c>.</summary>
    public required string ClientAuthentication { get; init; }

    /// <summary>The names of the parameters sent, in their order.</summary>
    public required IReadOnlyList<string> Parameters { get; init; }

    /// <summary>
    /// The fingerprint of the refresh token that was sent (<see cref="Storage.TokenFingerprint"/>); <see langword="null"/> if none was.
    /// </summary>
    public string? RefreshTokenFingerprint { get; init; }

    /// <summary>What became of it.</summary>
    public required TokenRequestOutcome Outcome { get; init; }

    /// <summary>Why it was refused, in the server's own word; <see langword="null"/> if it was not.</summary>
    public string? Refusal { get; init; }

    /// <summary>The user whose grant it was about; <see langword="null"/> if unknown or none.</summary>
    public string? User { get; init; }

    /// <summary>The grant and all tokens that descend from it; <see langword="null"/> if unknown.</summary>
    public string? Family { get; init; }

    /// <summary>How many rotations the family has seen, this one included.</summary>
    public int Generation { get; init; }

    /// <summary>Whether this request made the server revoke the whole family.</summary>
    public bool RevokedFamily { get; init; }

    /// <summary>How often this refresh token has been sent by now, this time included; 0 without one.</summary>
    public int AttemptCount { get; internal set; }

    /// <summary>Grant, outcome and family.</summary>
    public override string ToString() => $"{Time:u} {GrantType} {Outcome}{(Refusal is null ? "" : $" ({Refusal})")} {Family}#{Generation}";
}
