using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TokenLifecycle;
using TokenLifecycle.EntityFramework;
using TokenLifecycle.EntityFramework.Model;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Adds the tables of connections and of pending authorization requests to a model.</summary>
public static class TokenLifecycleModelBuilderExtensions
{
    private const int NameLength = 128;
    private const int AccountIdLength = 512;
    private const int RequestKeyLength = 512;

    /// <summary>
    /// Adds the table of connections to the app's own model, for <c>UseEntityFrameworkStore()</c> to use and for migrations to create.
    /// Call it in <c>OnModelCreating</c>, last, so that conventions of your own which change all entities come before it.
    /// </summary>
    /// <param name="modelBuilder">The model.</param>
    /// <param name="configure">The name of the table, and the collation of its keys.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <remarks>
    /// To adopt a table whose columns have other names, name them after this call, as for any entity:
    /// <c>modelBuilder.Entity&lt;OAuthConnection&gt;().Property(c => c.ExpiresAt).HasColumnName("token_expiry")</c>.
    /// </remarks>
    public static ModelBuilder AddTokenLifecycle(this ModelBuilder modelBuilder, Action<TokenTableOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        TokenTableOptions options = new();
        configure?.Invoke(options);
        ArgumentException.ThrowIfNullOrEmpty(options.Table);

        EngineModel engine = EngineModel.Of(modelBuilder);
        EntityTypeBuilder<OAuthConnection> row = modelBuilder.Entity<OAuthConnection>();
        row.ToTable(options.Table, options.Schema);
        foreach (RowProperty property in Row.All)
        {
            RowColumn column = new(property.Name, property.Column, property.ClrType, property.IsRequired)
            {
                KeyLength = property.Name switch
                {
                    Row.Provider or Row.Connection => NameLength,
                    Row.UserId or Row.Tenant => TokenKey.MaxPartLength,
                    Row.AccountId => AccountIdLength,
                    _ => null,
                },
            };
            column.Map(row.Property(property.ClrType, property.Name), engine, options.KeyCollation);
        }

        row.Property(Row.Version).HasDefaultValue(1L);
        row.Property(Row.Tenant).HasDefaultValue(""); // Rows from before there were tenants.
        row.HasKey(Row.Key).HasName($"pk_{options.Table}");

        // Not unique: a user may be connected to one account twice, as coach and as athlete.
        row.HasIndex(Row.Provider, Row.AccountId).HasDatabaseName($"ix_{options.Table}_account");
        row.HasIndex(Row.Provider, Row.NextRefreshAt).HasDatabaseName($"ix_{options.Table}_due");
        return modelBuilder;
    }

    /// <summary>
    /// Adds the table of pending authorization requests, for <c>UseEntityFrameworkAuthorizationRequests()</c> to use and for migrations to
    /// create: only for an app whose users connect in a browser on several nodes. Call it where <see cref="AddTokenLifecycle"/> is called.
    /// </summary>
    /// <param name="modelBuilder">The model.</param>
    /// <param name="table">The table.</param>
    /// <param name="schema">The table's schema; <see langword="null"/> for the default schema of the model.</param>
    /// <param name="idCollation">
    /// A collation that compares ordinally, on an engine whose own does not; <see langword="null"/> for <c>C</c> on PostgreSQL,
    /// <c>utf8mb4_bin</c> on MySQL and MariaDB, and the engine's own elsewhere.
    /// </param>
    /// <returns>The same builder.</returns>
    public static ModelBuilder AddTokenLifecycleAuthorizationRequests(
        this ModelBuilder modelBuilder, string table = "oauth_authorization_requests", string? schema = null, string? idCollation = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        ArgumentException.ThrowIfNullOrEmpty(table);
        EngineModel engine = EngineModel.Of(modelBuilder);
        EntityTypeBuilder<Dictionary<string, object>> row = modelBuilder.SharedTypeEntity<Dictionary<string, object>>(RequestRow.EntityName);
        row.ToTable(table, schema);
        foreach ((string name, string column, Type clrType, bool isRequired) in RequestRow.All)
        {
            int? length = name is RequestRow.Id or RequestRow.Holder ? RequestKeyLength : null;
            new RowColumn(name, column, clrType, isRequired) { KeyLength = length }.Map(row.IndexerProperty(clrType, name), engine, idCollation);
        }

        row.HasKey(RequestRow.Id).HasName($"pk_{table}");
        row.HasIndex(RequestRow.ExpiresAt).HasDatabaseName($"ix_{table}_end");
        return modelBuilder;
    }
}
