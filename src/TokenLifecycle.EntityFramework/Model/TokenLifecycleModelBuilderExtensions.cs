using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TokenLifecycle.EntityFramework;
using TokenLifecycle.EntityFramework.Model;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Adds the tables of connections and of pending authorization requests to a model.</summary>
public static class TokenLifecycleModelBuilderExtensions
{
    private const string OrdinalCollation = "C";

    /// <summary>
    /// Adds the table of connections to the app's own model, for <c>UseEntityFrameworkStore()</c> to use and for migrations to create.
    /// Call it in <c>OnModelCreating</c>, last, so that conventions of your own which change all entities come before it.
    /// </summary>
    /// <param name="modelBuilder">The model.</param>
    /// <param name="configure">Names of the table and its columns.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">A name is empty, or two columns have the same name.</exception>
    public static ModelBuilder AddTokenLifecycle(this ModelBuilder modelBuilder, Action<TokenTableOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        TokenTableOptions options = new();
        configure?.Invoke(options);
        ThrowIfUnusable(options);

        bool isPostgreSql = RowColumn.IsForPostgreSql(modelBuilder);
        EntityTypeBuilder<Dictionary<string, object>> row = modelBuilder.SharedTypeEntity<Dictionary<string, object>>(Row.EntityName);
        row.ToTable(options.Table, options.Schema);
        foreach (RowProperty property in Row.All)
        {
            bool isCompared = property.Name is Row.Provider or Row.UserId or Row.Connection or Row.Tenant or Row.AccountId;
            string? collation = isCompared ? options.KeyCollation ?? (isPostgreSql ? OrdinalCollation : null) : null;
            RowColumn.Add(row, property.Name, property.ColumnOf(options.Columns), property.ClrType, property.IsRequired, isPostgreSql, collation);
        }

        row.Property(Row.Version).HasDefaultValue(1L);
        row.Property(Row.Tenant).HasDefaultValue(""); // Rows from before there were tenants.
        row.HasKey(Row.Key).HasName($"pk_{options.Table}");

        // Not unique: a user may be connected to one account twice, as coach and as athlete.
        row.HasIndex(Row.Provider, Row.AccountId).HasDatabaseName($"ix_{options.Table}_account");
        row.HasIndex(Row.Provider, Row.NextRefreshAt)
            .HasDatabaseName($"ix_{options.Table}_due")
            .HasFilter($"\"{options.Columns.NextRefreshAt}\" IS NOT NULL");
        return modelBuilder;
    }

    /// <summary>
    /// Adds the table of pending authorization requests, for <c>UseEntityFrameworkAuthorizationRequests()</c> to use and for migrations to create: only for
    /// an app whose users connect in a browser on several nodes. Call it where <see cref="AddTokenLifecycle"/> is called.
    /// </summary>
    /// <param name="modelBuilder">The model.</param>
    /// <param name="table">The table.</param>
    /// <param name="schema">The table's schema; <see langword="null"/> for the default schema of the model.</param>
    /// <param name="idCollation">
    /// A collation that compares ordinally, on an engine whose own does not; <see langword="null"/> for <c>C</c> on PostgreSQL and the engine's own elsewhere.
    /// </param>
    /// <returns>The same builder.</returns>
    public static ModelBuilder AddTokenLifecycleAuthorizationRequests(
        this ModelBuilder modelBuilder, string table = "oauth_authorization_requests", string? schema = null, string? idCollation = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        ArgumentException.ThrowIfNullOrEmpty(table);
        bool isPostgreSql = RowColumn.IsForPostgreSql(modelBuilder);
        string? ordinal = idCollation ?? (isPostgreSql ? OrdinalCollation : null);
        EntityTypeBuilder<Dictionary<string, object>> row = modelBuilder.SharedTypeEntity<Dictionary<string, object>>(RequestRow.EntityName);
        row.ToTable(table, schema);
        foreach ((string name, string column, Type clrType, bool isRequired) in RequestRow.All)
            RowColumn.Add(row, name, column, clrType, isRequired, isPostgreSql, name is RequestRow.Id or RequestRow.BrowserId or RequestRow.OwnerId ? ordinal : null);

        row.HasKey(RequestRow.Id).HasName($"pk_{table}");
        row.HasIndex(RequestRow.BrowserId).HasDatabaseName($"ix_{table}_browser");
        row.HasIndex(RequestRow.OwnerId).HasDatabaseName($"ix_{table}_owner");
        row.HasIndex(RequestRow.ExpiresAt).HasDatabaseName($"ix_{table}_end");
        return modelBuilder;
    }

    private static void ThrowIfUnusable(TokenTableOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Table);
        string[] names = [.. Row.All.Select(property => property.ColumnOf(options.Columns))];
        if (Array.Exists(names, string.IsNullOrEmpty))
            throw new ArgumentException($"A column of {options.Table} has no name. Set every property of {nameof(TokenTableColumns)} to a name, or leave it unchanged.", nameof(options));
        if (names.GroupBy(static name => name, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Two columns of {options.Table} are named {twice.Key}. Give each property of {nameof(TokenTableColumns)} a separate name.", nameof(options));
    }
}
