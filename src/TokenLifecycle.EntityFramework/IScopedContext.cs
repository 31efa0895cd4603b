using Microsoft.EntityFrameworkCore;

namespace TokenLifecycle.EntityFramework;

/// <summary>Runs work with a new context of the app, whatever its type.</summary>
internal interface IScopedContext
{
    /// <summary>Runs work with a new context, which is disposed afterwards.</summary>
    Task<T> RunAsync<T>(Func<DbContext, Task<T>> work, CancellationToken cancellationToken);
}
