using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.EntityFramework.Engines;

/// <summary>Finds the engine of a context. An app may have several, one for each of its tenants.</summary>
internal sealed class DatabaseEngines(IEnumerable<DatabaseEngine> engines, TimeProvider clock, ILoggerFactory loggers)
{
    private readonly DatabaseEngine[] _engines = [.. engines, new MySqlEngine(clock), new PortableEngine(clock)]; // The first one counts.
    private readonly GuardedLogger _logger = new(loggers.CreateLogger("TokenLifecycle.EntityFramework"));
    private int _hasAdvised;

    /// <summary>
    /// Returns the engine of a context's database. EF reads its provider's name from the assembly each time, so callers remember the
    /// result.
    /// </summary>
    public DatabaseEngine Of(DbContext context)
    {
        string? provider = context.Database.ProviderName;
        DatabaseEngine engine = Array.Find(_engines, engine => engine.IsFor(provider))!;
        if (engine is PortableEngine && provider == ProviderNames.Npgsql && Interlocked.Exchange(ref _hasAdvised, 1) == 0)
            EngineLog.PostgreSqlPackageMissing(_logger);
        return engine;
    }
}
