using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.EntityFramework;

/// <summary>A context for one operation, outside whatever transaction its caller is in.</summary>
internal sealed class ScopedContext<TContext>(IServiceScopeFactory scopes)
    where TContext : DbContext
{
    public Task<T> RunAsync<T>(Func<DbContext, Task<T>> work, CancellationToken cancellationToken) =>
        Transaction.Current is null ? RunInScopeAsync(work, cancellationToken) : RunOutsideAsync(work, cancellationToken);

    private async Task<T> RunOutsideAsync<T>(Func<DbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        using TransactionScope ownWork = new(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        return await RunInScopeAsync(work, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> RunInScopeAsync<T>(Func<DbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            DbContext context = scope.ServiceProvider.GetService<TContext>() ?? await CreateAsync(scope.ServiceProvider, cancellationToken).ConfigureAwait(false);
            await using (context.ConfigureAwait(false))
                return await work(context).ConfigureAwait(false);
        }
    }

    private static Task<TContext> CreateAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        IDbContextFactory<TContext> factory = services.GetService<IDbContextFactory<TContext>>() ?? throw new InvalidOperationException(
            $"{typeof(TContext).Name} is not registered. Call services.AddDbContext<{typeof(TContext).Name}>(...), or AddDbContextFactory, or AddPooledDbContextFactory.");
        return factory.CreateDbContextAsync(cancellationToken);
    }
}
