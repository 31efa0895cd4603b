namespace TokenLifecycle;

/// <summary>
/// Names the user for a stretch of code that runs on their behalf, such as one iteration of a job:
/// <c>using (TokenUser.BeginScope(userId)) { await strava.GetActivitiesAsync(); }</c>.
/// Flows with <c>await</c> and to work that is started inside the block, and ends with the block: work that outlives it has no user.
/// </summary>
public static class TokenUser
{
    private static readonly AsyncLocal<Scope?> CurrentScope = new();

    /// <summary>The innermost block that this code was started in, open or not; <see langword="null"/> outside of all.</summary>
    internal static Scope? Current => CurrentScope.Value;

    /// <summary>Names the user until the returned object is disposed.</summary>
    /// <param name="userId">The app's own id of its user.</param>
    /// <param name="connection">Which of the user's connections; <see langword="null"/> for the connection that each HTTP client was set up
    /// for.</param>
    /// <param name="tenant">The user's tenant; <see langword="null"/> for the current tenant of the app
    /// (<see cref="ICurrentTokenTenant"/>), or none in an app without tenants.</param>
    /// <returns>Ends the block when disposed. Blocks may be nested; the innermost counts.</returns>
    /// <exception cref="ArgumentException">The id is empty, or the connection is.</exception>
    public static IDisposable BeginScope(string userId, string? connection = null, string? tenant = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        if (connection is not null)
            ArgumentException.ThrowIfNullOrEmpty(connection);
        var scope = new Scope(userId, connection, tenant, CurrentScope.Value);
        CurrentScope.Value = scope;
        return scope;
    }

    /// <summary>A block that names a user.</summary>
    internal sealed class Scope(string userId, string? connection, string? tenant, Scope? outer) : IDisposable
    {
        public string UserId { get; } = userId;

        /// <summary>Null for the connection of the HTTP client.</summary>
        public string? Connection { get; } = connection;

        /// <summary>Null for the current tenant of the app.</summary>
        public string? Tenant { get; } = tenant;

        private Scope? Outer { get; } = outer;

        /// <summary>
        /// Seen by every copy of the execution context: work that outlives the block was meant for its user, so it must not go on as
        /// anybody, not even as the app's current user (MT-3).
        /// </summary>
        public bool Ended { get; private set; }

        public void Dispose()
        {
            Ended = true;
            if (ReferenceEquals(CurrentScope.Value, this))
                CurrentScope.Value = StillOpen(Outer);
        }

        /// <summary>Blocks may have been closed in the wrong order.</summary>
        private static Scope? StillOpen(Scope? scope)
        {
            while (scope is { Ended: true })
                scope = scope.Outer;
            return scope;
        }
    }
}
