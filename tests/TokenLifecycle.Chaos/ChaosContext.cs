using Microsoft.EntityFrameworkCore;

namespace TokenLifecycle.Chaos;

/// <summary>An app's own context, as any app has one.</summary>
internal sealed class ChaosContext(DbContextOptions<ChaosContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddTokenLifecycle();
}
