namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Creates a user of the app for someone who signs in by a provider for the first time. Asked only if no connection and no
/// <see cref="IConnectionUserResolver"/> knows the account, and by one request at a time for each account, on all nodes that share the
/// store of authorization requests. It may be
/// asked again for an account whose sign-in failed afterwards: return the user that exists then.
/// </summary>
public interface IConnectionUserCreator
{
    /// <summary>Creates the user.</summary>
    /// <param name="context">Who the provider says it is.</param>
    /// <param name="cancellationToken">Not the request's: the code has been spent, so a browser that goes away changes nothing.</param>
    /// <returns>The app's own id of its user; <see langword="null"/> to refuse newcomers.</returns>
    ValueTask<string?> CreateUserAsync(ConnectionOwnerContext context, CancellationToken cancellationToken);
}
