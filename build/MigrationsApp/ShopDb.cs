using Microsoft.EntityFrameworkCore;

namespace MigrationsApp;

/// <summary>The app's context, with its own entity and the table of connections.</summary>
public sealed class ShopDb(DbContextOptions<ShopDb> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddTokenLifecycle();
}
