using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests.Requests;

/// <summary>An app whose users connect on several nodes.</summary>
public sealed class RequestsDb(DbContextOptions<RequestsDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddTokenLifecycle();
        modelBuilder.AddTokenLifecycleAuthorizationRequests();
        modelBuilder.Entity("TokenLifecycle.AuthorizationRequest").HasQueryFilter((Dictionary<string, object> row) => false);
    }

    /// <summary>A node of the app.</summary>
    public static ServiceProvider NewNode(Action<DbContextOptionsBuilder> database, TimeProvider clock)
    {
        ServiceCollection services = new();
        services.AddCanaryLogging();
        services.AddSingleton(clock);
        services.AddDbContext<RequestsDb>(database);
        services.AddTokenLifecycle().UseEntityFrameworkStore<RequestsDb>().UsePostgreSql().UseEntityFrameworkAuthorizationRequests<RequestsDb>().WithoutProtection();
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    public static IAuthorizationRequestStore StoreOf(ServiceProvider node) => node.GetRequiredService<IAuthorizationRequestStore>();

    /// <summary>Redeems a request of its own browser, for ten minutes.</summary>
    public static Task<AuthorizationRedemption> TakeAsync(IAuthorizationRequestStore store, string id, DateTimeOffset now) =>
        store.TryRedeemAsync(id, "browser of " + id, now + TimeSpan.FromMinutes(10), CancellationToken.None);
}
