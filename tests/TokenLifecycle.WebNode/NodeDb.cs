using Microsoft.EntityFrameworkCore;

namespace TokenLifecycle.WebNode;

internal sealed class NodeDb(DbContextOptions<NodeDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddTokenLifecycle();
        modelBuilder.AddTokenLifecycleAuthorizationRequests();
    }
}
