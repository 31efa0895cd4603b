using TokenLifecycle.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Checks the database before anybody uses it.</summary>
public static class TokenLifecycleSchemaExtensions
{
    /// <summary>
    /// Compares the table of connections in the database with the one in the app's model: table, columns, types, lengths, NULL, key,
    /// indexes, privileges; and the table of pending authorization requests, if
    /// <c>UseEntityFrameworkAuthorizationRequests&lt;TContext&gt;()</c> was called. For a step of a deployment, after the migrations and
    /// before the app. The app itself checks on start, and needs no call.
    /// </summary>
    /// <param name="services">The app's services.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="TokenStoreNotReadyException">Something is wrong: <see cref="TokenStoreNotReadyException.Problems"/> names each
    /// object, and has the DDL that fixes it.</exception>
    /// <exception cref="InvalidOperationException">The store cannot be checked: <c>UseEntityFrameworkStore&lt;TContext&gt;()</c> was not
    /// called.</exception>
    public static async Task ValidateTokenLifecycleSchemaAsync(this IServiceProvider services, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.GetService<ITokenStore>() is not ITokenStoreCheck store)
            throw new InvalidOperationException("There is no token store with a schema. Call services.AddTokenLifecycle().UseEntityFrameworkStore<TContext>() first.");

        IReadOnlyList<TokenStoreProblem> problems = await store.CheckAsync(cancellationToken).ConfigureAwait(false);
        if (services.GetService<IAuthorizationRequestStore>() is ITokenStoreCheck requests)
            problems = [.. problems, .. await requests.CheckAsync(cancellationToken).ConfigureAwait(false)];
        if (problems.Count > 0)
            throw new TokenStoreNotReadyException(problems);
    }
}
