using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>The store takes no part in what its caller does with the same context.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class OwnWorkTests(SharedPostgres postgres)
{
    [Fact]
    public async Task B6_a_transaction_of_the_caller_that_is_rolled_back_takes_no_token_with_it()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await using AsyncServiceScope scope = process.Services.CreateAsyncScope();
            AppDb context = scope.ServiceProvider.GetRequiredService<AppDb>();
            context.Notes.Add(new Note { Text = "rolled back" });
            await context.SaveChangesAsync();
            await process.Store.SavedAsync();
        }

        (await process.Store.FindAsync(Rows.Key, Rows.None)).Should().NotBeNull();
        (await database.QueryAsync("""SELECT count(*) FROM "Notes" """)).Should().Be(0L, "the caller's own work was rolled back");
    }

    [Fact]
    public async Task A_read_begins_on_its_callers_thread_when_the_database_is_known_and_the_thread_is_in_no_transaction()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        process.Store.ReadsWithoutBlocking.Should().BeFalse("no context has said yet whose database it is");

        await process.Store.FindAsync(Rows.Key, Rows.None);
        process.Store.ReadsWithoutBlocking.Should().BeTrue();

        using (new TransactionScope())
            process.Store.ReadsWithoutBlocking.Should().BeFalse();
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
            process.Store.ReadsWithoutBlocking.Should().BeFalse();
        process.Store.ReadsWithoutBlocking.Should().BeTrue();
    }

    [Fact]
    public async Task B6_a_save_does_not_write_what_the_caller_has_only_begun()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        await using AsyncServiceScope scope = process.Services.CreateAsyncScope();
        AppDb context = scope.ServiceProvider.GetRequiredService<AppDb>();
        context.Notes.Add(new Note { Text = "not yet" });

        await process.Store.SavedAsync();

        (await database.QueryAsync("""SELECT count(*) FROM "Notes" """)).Should().Be(0L);
        context.ChangeTracker.Entries().Should().ContainSingle().Which.State.Should().Be(EntityState.Added);
    }

    [Fact]
    public async Task A16_nothing_is_held_between_two_steps()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess one = database.NewProcess("Maximum Pool Size=1;Timeout=5;");
        StoredToken row = await one.Store.SavedAsync();
        await one.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);

        // With a pool of one connection the app could do nothing at all if the store had kept it.
        await using AsyncServiceScope scope = one.Services.CreateAsyncScope();
        (await scope.ServiceProvider.GetRequiredService<AppDb>().Notes.CountAsync()).Should().Be(0);

        object? open = await database.QueryAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'");
        open.Should().Be(0L);
        (await one.Store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None)).Should().BeTrue();
    }

    [Theory]
    [InlineData("pooled")]
    [InlineData("factory")]
    [InlineData("pooled factory")]
    [InlineData("only a factory")]
    [InlineData("retrying")]
    [InlineData("batched and split")]
    public async Task However_the_app_registers_its_context_the_store_works(string how)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess(register: services =>
        {
            _ = how switch
            {
                "pooled" => services.AddDbContextPool<AppDb>(o => o.UseNpgsql(database.ConnectionString), poolSize: 2),
                "factory" => services.AddDbContextFactory<AppDb>(o => o.UseNpgsql(database.ConnectionString)),
                "pooled factory" => services.AddPooledDbContextFactory<AppDb>(o => o.UseNpgsql(database.ConnectionString), poolSize: 2),
                "only a factory" => services.AddSingleton<IDbContextFactory<AppDb>>(new OwnFactory(database.ConnectionString)),
                "retrying" => services.AddDbContext<AppDb>(o => o.UseNpgsql(database.ConnectionString, npgsql => npgsql.EnableRetryOnFailure())),
                _ => services.AddDbContext<AppDb>(o => o.UseNpgsql(database.ConnectionString, npgsql => npgsql.UseQuerySplittingBehavior(QuerySplittingBehavior.SplitQuery).MaxBatchSize(1))),
            };
        });

        for (int i = 0; i < 3; i++)
        {
            StoredToken row = await process.Store.SavedAsync();
            (await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Kind.Should().Be(RefreshClaimKind.Acquired);
            (await process.Store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None)).Should().BeTrue();
            (await process.Store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved.Should().BeTrue();
            (await process.Store.ListAsync("strava", after: null, 10, Rows.None)).Should().ContainSingle();
            (await process.Store.DeleteAsync(Rows.Key, Rows.None)).Existed.Should().BeTrue();
        }
    }

    [Fact]
    public async Task A_context_that_nobody_registered_is_named()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess(register: static _ => { });

        await process.Store.Invoking(store => store.FindAsync(Rows.Key, Rows.None)).Should().ThrowAsync<InvalidOperationException>().WithMessage("AppDb is not registered. Call services.AddDbContext<AppDb>*");
    }

    private sealed class OwnFactory(string connectionString) : IDbContextFactory<AppDb>
    {
        public AppDb CreateDbContext() => new(new DbContextOptionsBuilder<AppDb>().UseNpgsql(connectionString).Options);
    }
}
