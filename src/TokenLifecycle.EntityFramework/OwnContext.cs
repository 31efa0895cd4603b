using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.EntityFramework;

/// <summary>A context for one operation, outside whatever transaction its caller is in.</summary>
internal sealed class OwnContext<TContext>(IServiceScopeFactory scopes)
    where TContext : DbContext
{
    public async Task<T> RunAsync<T>(Func<DbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using TransactionScope? ownWork = Transaction.Current is null ? null : new(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            DbContext context = await ContextAsync(scope.ServiceProvider, cancellationToken).ConfigureAwait(false);
            await using (context.ConfigureAwait(false))
                return await work(context).ConfigureAwait(false);
        }
    }

    private static async Task<DbContext> ContextAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService<TContext>() is { } context)
            return context;

        IDbContextFactory<TContext> factory = services.GetService<IDbContextFactory<TContext>>() ?? throw new InvalidOperationException(
            $"{typeof(TContext).Name} is not registered. Call services.AddDbContext<{typeof(TContext).Name}>(...), or AddDbContextFactory, or AddPooledDbContextFactory.");
        return await factory.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
    }
}
