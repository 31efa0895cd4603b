using Microsoft.EntityFrameworkCore;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>An app's own context: something of its own, and the table of connections.</summary>
public sealed class AppDb(DbContextOptions<AppDb> options) : DbContext(options)
{
    public DbSet<Note> Notes => Set<Note>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddTokenLifecycle();

        // As an app does that hides the deleted or other tenants everywhere.
        modelBuilder.Entity<OAuthConnection>().HasQueryFilter(static row => false);
    }
}

public sealed class Note
{
    public int Id { get; set; }

    public string Text { get; set; } = "";
}
