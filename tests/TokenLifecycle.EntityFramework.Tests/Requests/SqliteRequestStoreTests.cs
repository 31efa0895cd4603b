using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace TokenLifecycle.EntityFramework.Tests.Requests;

/// <summary>Stands for every engine that is not PostgreSQL.</summary>
public sealed class SqliteRequestStoreTests : RequestStoreTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenlifecycle-sqlite-").FullName;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task CreateDatabaseAsync() => Task.CompletedTask;

    protected override void Use(DbContextOptionsBuilder options) => options.UseSqlite($"Data Source={Path.Combine(_folder, "app.db")};Default Timeout=60");
}
