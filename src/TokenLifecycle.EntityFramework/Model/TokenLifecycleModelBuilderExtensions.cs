using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using TokenLifecycle.EntityFramework;
using TokenLifecycle.EntityFramework.Model;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Adds the table of connections to a model.</summary>
public static class TokenLifecycleModelBuilderExtensions
{
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

        // The provider marks the model before OnModelCreating; there is nothing else to tell the engine by here.
        bool isPostgreSql = modelBuilder.Model.GetAnnotations().Any(static annotation => annotation.Name.StartsWith("Npgsql:", StringComparison.Ordinal));

        EntityTypeBuilder<Dictionary<string, object>> row = modelBuilder.SharedTypeEntity<Dictionary<string, object>>(Row.EntityName);
        row.ToTable(options.Table, options.Schema);
        foreach (RowProperty property in Row.All)
            Add(row, property, options, isPostgreSql);

        row.Property(Row.Version).HasDefaultValue(1L);
        row.HasKey(Row.Provider, Row.UserId, Row.Connection).HasName($"pk_{options.Table}");

        // Not unique: a user may be connected to one account twice, as coach and as athlete.
        row.HasIndex(Row.Provider, Row.AccountId).HasDatabaseName($"ix_{options.Table}_account");
        row.HasIndex(Row.Provider, Row.NextRefreshAt)
            .HasDatabaseName($"ix_{options.Table}_due")
            .HasFilter($"\"{options.Columns.NextRefreshAt}\" IS NOT NULL AND \"{options.Columns.Reauthorization}\" IS NULL");
        return modelBuilder;
    }

    private static void Add(EntityTypeBuilder<Dictionary<string, object>> row, RowProperty property, TokenTableOptions options, bool isPostgreSql)
    {
        IMutableProperty column = row.IndexerProperty(property.ClrType, property.Name)
            .HasColumnName(property.ColumnOf(options.Columns))
            .IsRequired(property.IsRequired)
            .ValueGeneratedNever()
            .Metadata;

        // What the app decided for all texts and times of its own does not hold here: a token that is cut or converted is lost.
        column.SetMaxLength(null);
        column.SetValueConverter((ValueConverter?)null);
        column.SetProviderClrType(null);
        column.SetPrecision(null);
        column.SetColumnType(isPostgreSql && property.ClrType == typeof(DateTime?) ? "timestamp with time zone" : null);
        if (property.ClrType != typeof(string))
            return;

        column.SetIsUnicode(true);
        bool isCompared = property.Name is Row.Provider or Row.UserId or Row.Connection or Row.AccountId;
        column.SetCollation(isCompared ? options.KeyCollation ?? (isPostgreSql ? "C" : null) : null);
    }

    private static void ThrowIfUnusable(TokenTableOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Table);
        string[] names = [.. Row.All.Select(property => property.ColumnOf(options.Columns))];
        if (Array.Exists(names, string.IsNullOrEmpty))
            throw new ArgumentException($"A column of {options.Table} has no name. Set every property of {nameof(TokenTableColumns)} to a name, or leave it as it is.", nameof(options));
        if (names.GroupBy(static name => name, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Two columns of {options.Table} are named {twice.Key}. Give each property of {nameof(TokenTableColumns)} a name of its own.", nameof(options));
    }
}
