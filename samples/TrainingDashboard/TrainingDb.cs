using Microsoft.EntityFrameworkCore;

namespace TrainingDashboard;

/// <summary>The app's own database, with a table of connections and a table of pending authorization requests.</summary>
internal sealed class TrainingDb(DbContextOptions<TrainingDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddTokenLifecycle();
        modelBuilder.AddTokenLifecycleAuthorizationRequests();
    }
}
