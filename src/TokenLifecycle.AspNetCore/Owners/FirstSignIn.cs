namespace TokenLifecycle.AspNetCore;

/// <summary>What became of the first sign-in of an account.</summary>
internal sealed class FirstSignIn
{
    public string? UserId { get; init; }

    public bool HasFailed { get; init; }
}
