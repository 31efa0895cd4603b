using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>EF Core's SQLite provider asks for a newer SQLitePCLRaw than is to be had; the older one has all that is used here.</summary>
internal static class SqliteLibrary
{
#pragma warning disable CA2255 // A test assembly is nobody's library: this must run before its first test.
    [ModuleInitializer]
    internal static void Load()
    {
        AssemblyLoadContext.Default.Resolving += static (context, name) =>
            name.Name == "SQLitePCLRaw.core" ? context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "SQLitePCLRaw.core.dll")) : null;
        SQLitePCL.Batteries_V2.Init();
    }
#pragma warning restore CA2255
}
