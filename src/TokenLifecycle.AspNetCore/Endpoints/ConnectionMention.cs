namespace TokenLifecycle.AspNetCore;

/// <summary>Names a connection in the operator's overview.</summary>
/// <param name="UserId">The app's own id of its user.</param>
/// <param name="Connection">Which of the user's connections.</param>
/// <param name="Reason">Why it is named.</param>
/// <param name="ExpiresAt">When its access token expires.</param>
internal sealed record ConnectionMention(string UserId, string Connection, string? Reason, DateTimeOffset? ExpiresAt);
