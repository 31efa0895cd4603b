using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Scaffolding.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>Finds the table that the store's statements mean, or says why they mean none.</summary>
internal static class TableLocator
{
    public static DatabaseTable? Find(DatabaseModel database, ExpectedTable expected, PostgreSqlSession? session)
    {
        string? schema = expected.Schema ?? (session is null ? database.DefaultSchema : session.VisibleSchema);
        StringComparison comparison = session is null ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return session is not null && schema is null ? null : database.Tables.FirstOrDefault(table =>
            string.Equals(table.Name, expected.Name, comparison) && (table.Schema is null || schema is null || string.Equals(table.Schema, schema, comparison)));
    }

    public static SchemaFinding Missing(DbContext context, DatabaseModel database, ExpectedTable expected, PostgreSqlSession? session)
    {
        ISqlGenerationHelper sql = context.GetService<ISqlGenerationHelper>();
        string? elsewhere = expected.Schema is null && session is not null ? database.Tables.FirstOrDefault(table => table.Name == expected.Name)?.Schema : null;
        if (elsewhere is null)
        {
            // Where the statements would look for it if it existed; PostgreSQL may be set to look nowhere.
            string? schema = expected.Schema ?? session?.CurrentSchema ?? (session is null ? null : "public");
            return new SchemaFinding(
                $"table {TableUnderCheck.Full(schema, expected.Name)}",
                "It is missing. Apply the app's migrations, or run this.",
                new DdlWriter(context, expected.Model).Write(expected.Create(schema)));
        }

        string path = session!.SearchPath.Trim('"').Length == 0 ? sql.DelimitIdentifier(elsewhere) : $"{session.SearchPath}, {sql.DelimitIdentifier(elsewhere)}";
        return new SchemaFinding(
            $"table {expected.Name}",
            $"It is in the schema {elsewhere}, where {session.User} does not look: search_path is {session.SearchPath}, and the model names no schema.",
            session.IsPathOfClient
                ? $"Add {elsewhere} to Search Path in the connection string of {context.GetType().Name}, or {expected.HowToSetSchema.Replace("{0}", elsewhere, StringComparison.Ordinal)}."
                : $"GRANT USAGE ON SCHEMA {sql.DelimitIdentifier(elsewhere)} TO {sql.DelimitIdentifier(session.User)};{Environment.NewLine}{session.Set(sql, $"search_path TO {path}")}") { IsOfSession = true };
    }
}
