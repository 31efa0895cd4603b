using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.Background;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What the tests of the sweep ask a world again and again.</summary>
internal static class Sweeps
{
    public static Task<RefreshSweepReport> SweepAsync(this World world, ServiceProvider? process = null, CancellationToken stopping = default) =>
        (process ?? world.Services).GetRequiredService<IRefreshSweeper>().RefreshDueAsync(cancellationToken: stopping);

    /// <summary>The hosted service that <c>AddBackgroundRefresh()</c> has added.</summary>
    public static IHostedLifecycleService BackgroundOf(ServiceProvider process) => process.GetServices<IHostedService>().OfType<BackgroundRefresh>().Single();

    public static ISearchableTokenStore Searchable(this World world) => (ISearchableTokenStore)world.Store.Inner;

    /// <summary>Lets one call to the store of this name pass, and tells when the next one comes.</summary>
    public static Task NextAsync(this FaultyStore store, string name)
    {
        var came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Before = called =>
        {
            if (called == name)
                came.TrySetResult();
            return Task.CompletedTask;
        };
        return came.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
