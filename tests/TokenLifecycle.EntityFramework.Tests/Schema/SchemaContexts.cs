using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>The token table of incident B, adopted.</summary>
public sealed class GoogleDb(DbContextOptions<GoogleDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddTokenLifecycle(options => options.Table = "user_oauth_tokens");
        modelBuilder.Entity<OAuthConnection>(static row =>
        {
            row.Property(static connection => connection.Provider).HasColumnName("service");
            row.Property(static connection => connection.ExpiresAt).HasColumnName("token_expiry");
            row.Property(static connection => connection.Scopes).HasColumnName("scope");
            row.Property(static connection => connection.AccountId).HasColumnName("service_user_id");
        });
    }
}

/// <summary>Another schema, and names that have to be quoted.</summary>
public sealed class QuotedDb(DbContextOptions<QuotedDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddTokenLifecycle(options =>
        {
            options.Table = "OAuth.Tokens of \"us\"";
            options.Schema = "Auth Data";
        });
        modelBuilder.Entity<OAuthConnection>(static row =>
        {
            row.Property(static connection => connection.UserId).HasColumnName("User Id");
            row.Property(static connection => connection.Scopes).HasColumnName("order");
            row.Property(static connection => connection.NextRefreshAt).HasColumnName("NextRefresh");
        });
    }
}

/// <summary>A convention that renames whatever is in the model, as packages for naming conventions do.</summary>
public sealed class ConventionDb(DbContextOptions<ConventionDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("conventional").AddTokenLifecycle();
        IMutableEntityType row = modelBuilder.Model.FindEntityType(typeof(OAuthConnection))!;
        row.SetTableName("TBL_CONNECTIONS");
        foreach (IMutableProperty property in row.GetProperties())
            property.SetColumnName("C_" + property.Name.ToUpperInvariant());
        foreach (IMutableKey key in row.GetKeys())
            key.SetName("K_CONNECTIONS");
        foreach (IMutableIndex index in row.GetIndexes())
            index.SetDatabaseName("I_" + string.Concat(index.Properties.Select(static property => property.Name)));
    }
}

/// <summary>The table is made by somebody else than the app's migrations.</summary>
public sealed class ForeignTableDb(DbContextOptions<ForeignTableDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddTokenLifecycle();
        modelBuilder.Entity<OAuthConnection>().ToTable("oauth_connections", static table => table.ExcludeFromMigrations());
    }
}
