namespace TokenLifecycle.AspNetCore;

/// <summary>
/// The result of an attempt, for the page that shows it. Holds no secret and no text of the provider beyond its cleaned error code.
/// </summary>
internal sealed class AuthorizationResult
{
    public required AuthorizationResultKind Ending { get; init; }

    public required string Provider { get; init; }

    public required string Connection { get; init; }

    /// <summary>The tenant of the connection; null without tenants.</summary>
    public string? Tenant { get; init; }

    /// <summary>The signed-in user who began, or, after a sign-in, the user who was found.</summary>
    public string? UserId { get; init; }

    public string? ReturnUrl { get; init; }

    public string[] MissingScopes { get; init; } = [];

    public string? ErrorCode { get; init; }

    /// <summary>Whether a working connection was there before and is untouched.</summary>
    public bool IsOldKept { get; init; }

    /// <summary>Whether another connection of the app goes to the same account (H9).</summary>
    public bool IsAccountShared { get; init; }

    /// <summary>Nothing has to be said: go on to where the user wanted to go.</summary>
    public bool IsPlainSuccess => Ending == AuthorizationResultKind.Connected && MissingScopes.Length == 0 && !IsAccountShared;
}
