using Microsoft.EntityFrameworkCore;

namespace TrainingDashboard;

/// <summary>The app's own database; connections are one table of it, and those who are on their way to a provider another.</summary>
internal sealed class TrainingDb(DbContextOptions<TrainingDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddTokenLifecycle();
        modelBuilder.AddTokenLifecycleAuthorizationRequests();
    }
}
