using Microsoft.EntityFrameworkCore;

namespace TokenLifecycle.Benchmarks;

/// <summary>An app's own context, as any app has one.</summary>
internal sealed class BenchContext(DbContextOptions<BenchContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddTokenLifecycle();
}
