using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>An attempt to connect, as far as it has come.</summary>
internal sealed class ConnectionAttempt(AuthorizationState flow)
{
    /// <summary>The connection that was there before.</summary>
    public StoredToken? Old { get; set; }

    public AuthorizationResult Ended(AuthorizationResultKind ending, string? errorCode = null) => new()
    {
        Ending = ending,
        Provider = flow.Provider,
        Connection = flow.Connection,
        Tenant = flow.Tenant,
        UserId = flow.UserId,
        ReturnUrl = flow.ReturnUrl,
        ErrorCode = errorCode,
        IsOldKept = Old is { Reauthorization: null },
    };
}
