using Microsoft.EntityFrameworkCore;

namespace TrainingDashboard;

/// <summary>The app's own database; its connections are one table of it.</summary>
internal sealed class TrainingDb(DbContextOptions<TrainingDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddTokenLifecycle();
}
