namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Decides whose connection it is when a user signs in by a provider and no connection to that account is known yet. Asked in the order of
/// registration,
/// the first answer counts; let the last one create a user. Never answer by e-mail: addresses change hands, account ids do not (CVE-2023-3128).
/// </summary>
public interface IConnectionUserResolver
{
    /// <summary>Finds the user.</summary>
    /// <param name="context">Who the provider says it is.</param>
    /// <param name="cancellationToken">Not the request's: the code has been spent, so a browser that goes away changes nothing.</param>
    /// <returns>The app's own id of its user; <see langword="null"/> to let the next one answer.</returns>
    ValueTask<string?> FindOwnerAsync(ConnectionOwnerContext context, CancellationToken cancellationToken);
}
