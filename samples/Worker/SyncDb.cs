using Microsoft.EntityFrameworkCore;

namespace Worker;

/// <summary>The app's own database; the connections are one more table of it.</summary>
internal sealed class SyncDb(DbContextOptions<SyncDb> options) : DbContext(options)
{
    public DbSet<Athlete> Athletes => Set<Athlete>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Athlete>().ToTable("athletes");
        modelBuilder.AddTokenLifecycle();
    }
}
