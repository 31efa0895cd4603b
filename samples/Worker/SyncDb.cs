using Microsoft.EntityFrameworkCore;

namespace Worker;

/// <summary>The app's own database, with a table of connections.</summary>
internal sealed class SyncDb(DbContextOptions<SyncDb> options) : DbContext(options)
{
    public DbSet<Athlete> Athletes => Set<Athlete>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Athlete>().ToTable("athletes");
        modelBuilder.AddTokenLifecycle();
    }
}
