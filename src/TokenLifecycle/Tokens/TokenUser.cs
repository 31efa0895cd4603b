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

    /// <summary>Names the user until the returned object is disposed, with the connection that each HTTP client was set up for.</summary>
    /// <param name="userId">The app's own id of its user.</param>
    /// <returns>Ends the block when disposed. Blocks may be nested; the innermost counts.</returns>
    /// <exception cref="ArgumentException">The id is empty.</exception>
    public static IDisposable Use(string userId)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        return Begin(userId, connection: null);
    }

    /// <summary>Names the user and the connection until the returned object is disposed.</summary>
    /// <param name="userId">The app's own id of its user.</param>
    /// <param name="connection">Which of the user's connections.</param>
    /// <returns>Ends the block when disposed. Blocks may be nested; the innermost counts.</returns>
    /// <exception cref="ArgumentException">A part is empty.</exception>
    public static IDisposable Use(string userId, string connection)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        ArgumentException.ThrowIfNullOrEmpty(connection);
        return Begin(userId, connection);
    }

    private static Scope Begin(string userId, string? connection)
    {
        var scope = new Scope(userId, connection, CurrentScope.Value);
        CurrentScope.Value = scope;
        return scope;
    }

    /// <summary>A block that names a user.</summary>
    internal sealed class Scope(string userId, string? connection, Scope? outer) : IDisposable
    {
        public string UserId { get; } = userId;

        /// <summary>Null for the connection of the HTTP client.</summary>
        public string? Connection { get; } = connection;

        private Scope? Outer { get; } = outer;

        /// <summary>
        /// Seen by every copy of the execution context: work that outlives the block was meant for its user, so it must not go on as anybody, not even as the app's current user (MT-3).
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
