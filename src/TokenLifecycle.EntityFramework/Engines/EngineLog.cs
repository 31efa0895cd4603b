using Microsoft.Extensions.Logging;

namespace TokenLifecycle.EntityFramework.Engines;

/// <summary>Messages about the database engine.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(220, LogLevel.Warning, "Connections are kept in PostgreSQL with statements that work on any database: leases run on the clocks of the app's processes, and a refresh costs twice the statements. Add the package TokenLifecycle.EntityFramework.PostgreSql, and .UsePostgreSql() after .UseEntityFrameworkStore<TContext>().")]
    public static partial void PostgreSqlPackageMissing(ILogger logger);
}
