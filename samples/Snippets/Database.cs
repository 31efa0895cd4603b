using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.EntityFramework;

namespace Snippets;

internal static class Database
{
    public static void Register(IServiceCollection services, IConfiguration configuration)
    {
        #region entity-framework-store
        services.AddTokenLifecycle()
            .AddStrava(configuration.GetSection("Strava"))
            .UseEntityFrameworkStore<AppDbContext>();
        #endregion
    }

    public static void RegisterPostgreSql(IServiceCollection services, IConfiguration configuration)
    {
        #region postgresql-store
        services.AddTokenLifecycle()
            .AddStrava(configuration.GetSection("Strava"))
            .UseEntityFrameworkStore<AppDbContext>().UsePostgreSql();
        #endregion
    }

    public static void RegisterNotifying(IServiceCollection services, IConfiguration configuration)
    {
        #region notify-changes
        services.AddTokenLifecycle()
            .AddStrava(configuration.GetSection("Strava"))
            .UseEntityFrameworkStore<AppDbContext>().UsePostgreSql(o => o.NotifyChanges = true);
        #endregion
    }

    public static void RegisterSpill(IServiceCollection services, IConfiguration configuration)
    {
        #region local-spill
        services.AddTokenLifecycle()
            .AddStrava(configuration.GetSection("Strava"))
            .UseEntityFrameworkStore<AppDbContext>()
            .ProtectWithKeyFile("keys.json")
            .AddLocalSpill("/var/lib/app/spill");
        #endregion
    }
}

internal sealed class AdoptingContext(DbContextOptions<AdoptingContext> options) : DbContext(options)
{
    #region adopt-table
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddTokenLifecycle(options => options.Table = "user_oauth_tokens");
        modelBuilder.Entity<OAuthConnection>().Property(c => c.ExpiresAt).HasColumnName("token_expiry");
    }
    #endregion
}

internal static class Lists
{
    #region query-connections
    public static Task<List<string>> FailingSinceAsync(AppDbContext db, DateTime since) => db.Set<OAuthConnection>()
        .Where(c => c.Provider == "strava" && c.FailureFirstAt < since)
        .Select(c => c.UserId)
        .ToListAsync();
    #endregion
}

internal sealed class AppDbContext(DbContextOptions<AppDbContext> options) : DbContext(options)
{
    #region entity-framework-model
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        // ... the app's own entities, then:
        modelBuilder.AddTokenLifecycle();
    }
    #endregion
}
