using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace TokenLifecycle.EntityFramework.Schema;

/// <summary>Writes operations down in the dialect of the app's database.</summary>
internal sealed class DdlWriter(DbContext context, IModel model)
{
    private readonly IMigrationsSqlGenerator _generator = context.GetService<IMigrationsSqlGenerator>();

    public string Write(params IEnumerable<MigrationOperation> operations) => string.Join(
        Environment.NewLine, _generator.Generate([.. operations], model).Select(static command => command.CommandText.Trim().ReplaceLineEndings()));

    /// <summary>
    /// Whether a statement creates the table again, as EF must where the engine cannot alter a column. It makes it from the model, and so
    /// without the columns
    /// that the model does not know: no remedy for a table that has some.
    /// </summary>
    public static bool IsRebuild(string ddl) => ddl.Contains("DROP TABLE", StringComparison.Ordinal);
}
