using Npgsql;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>A database that is locked, slow, read-only or not there: clear words, and nothing lost.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class DatabaseFaultTests(SharedPostgres postgres)
{
    private const int Many = 16;

    [Theory]
    [InlineData("serializable")]
    [InlineData("repeatable\\ read")]
    public async Task F14_under_a_stricter_isolation_the_loser_reads_again_and_nobody_fails(string isolation)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess($"Options=-c default_transaction_isolation={isolation};");
        StoredToken row = await process.Store.SavedAsync();

        RefreshClaim[] claims = await Task.WhenAll(Enumerable.Range(0, Many).Select(i => Task.Run(() => process.Store.BeginRefreshAsync(Rows.Key, $"attempt-{i}", Rows.Lease, Rows.None))));
        SaveResult[] saves = await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => Task.Run(() => process.Store.SaveAsync(Rows.New(), row.Version, Rows.None))));

        claims.Should().ContainSingle(claim => claim.Kind == RefreshClaimKind.Acquired);
        saves.Should().ContainSingle(save => save.IsSaved);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Multiplexing=true;")]
    [Trait("Rule", "FR-20")]
    public async Task Under_serializable_isolation_no_step_of_a_crowd_fails(string settings)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess[] processes = [.. Enumerable.Range(0, 4).Select(_ => database.NewProcess("Maximum Pool Size=20;Options=-c default_transaction_isolation=serializable;" + settings))];
        StoredToken row = await processes[0].Store.SavedAsync();

        RefreshClaim[] claims = await Task.WhenAll(processes.SelectMany((process, p) => Enumerable.Range(0, 200)
            .Select(i => Task.Run(() => process.Store.BeginRefreshAsync(Rows.Key, $"attempt-{p}-{i}", Rows.Lease, Rows.None)))));
        SaveResult[] saves = await Task.WhenAll(processes.SelectMany(process => Enumerable.Range(0, 50).Select(_ => Task.Run(() => process.Store.SaveAsync(Rows.New(), row.Version, Rows.None)))));

        claims.Should().ContainSingle(static claim => claim.Kind == RefreshClaimKind.Acquired);
        saves.Should().ContainSingle(static save => save.IsSaved);
    }

    [Theory]
    [Trait("Rule", "FR-20")]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task A_step_that_loses_to_others_again_and_again_succeeds_when_they_are_through(string state)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        ISearchableTokenStore store = process.Store;
        StoredToken row = await store.SavedAsync();
        Func<Task>[] steps =
        [
            () => store.FindAsync(Rows.Key, Rows.None),
            () => store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None),
            () => store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None),
            () => store.SaveAsync(Rows.New(), row.Version, Rows.None),
            () => store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None),
            () => store.ListAsync("strava", after: null, 10, Rows.None),
            () => store.FindByAccountAsync("strava", "42", tenant: null, Rows.None),
            () => ((ITokenStoreStatistics)store).CountAsync(Rows.None),
            () => store.DeleteAsync(Rows.Key, Rows.None),
        ];
        int left = 0;
        process.Log.Sending = _ =>
        {
            if (left-- > 0)
                throw new PostgresException("rolled back for another", "ERROR", "ERROR", state);
        };

        foreach (Func<Task> step in steps)
        {
            left = 12;
            await step.Should().NotThrowAsync();
            left.Should().BeNegative("the step was repeated until it succeeded");
        }
    }

    [Fact]
    public async Task F14_whoever_waits_for_a_row_that_another_is_taking_sees_it_as_taken()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        await process.Store.SavedAsync();
        await using NpgsqlConnection other = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync();
        await using (NpgsqlCommand take = new(
            """
            UPDATE oauth_connections SET lease_owner = 'other', lease_taken_at = now(), lease_until = now() + interval '1 minute',
                intent_attempt_id = 'other', intent_first_at = now(), intent_last_at = now(), intent_presentations = 1
            """, other, transaction))
            await take.ExecuteNonQueryAsync();

        Task<RefreshClaim> waiting = process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        await UntilSomebodyWaitsAsync(database);
        await transaction.CommitAsync();
        RefreshClaim claim = await waiting;

        claim.Kind.Should().Be(RefreshClaimKind.Held);
        claim.Token!.Intent!.AttemptId.Should().Be("other", "the row is as it is after the step, not as it was when the wait began");
    }

    [Fact]
    public async Task F14_a_lease_runs_from_when_the_row_was_had_and_not_from_when_the_wait_for_it_began()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        await process.Store.SavedAsync();
        await using NpgsqlConnection other = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync();
        await using (NpgsqlCommand touch = new("UPDATE oauth_connections SET updated_at = now()", other, transaction))
            await touch.ExecuteNonQueryAsync();

        Task<RefreshClaim> waiting = process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        await UntilSomebodyWaitsAsync(database);
        object? released = await database.QueryAsync("SELECT clock_timestamp()");
        await transaction.CommitAsync();

        (await waiting).Kind.Should().Be(RefreshClaimKind.Acquired);
        ((DateTime)(await database.QueryAsync("SELECT lease_taken_at FROM oauth_connections"))!).Should().BeAfter((DateTime)released!);
    }

    [Fact]
    public async Task F15_a_locked_row_delays_no_claim_of_the_others()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess("Options=-c lock_timeout=5000;");
        TokenKey locked = new("strava", "locked");
        await process.Store.SavedAsync(locked);
        await process.Store.SavedAsync();
        await database.ExecuteAsync("UPDATE oauth_connections SET next_refresh_at = '2001-01-01Z'");
        await using NpgsqlConnection other = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync();
        await using (NpgsqlCommand take = new("SELECT 1 FROM oauth_connections WHERE user_id = 'locked' FOR UPDATE", other, transaction))
            await take.ExecuteNonQueryAsync();

        IReadOnlyList<StoredToken> claimed = await process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None);

        claimed.Select(token => token.Key).Should().Equal(Rows.Key);
    }

    [Theory]
    [InlineData("Options=-c statement_timeout=200;", "*statement_timeout*")]
    [InlineData("Options=-c lock_timeout=200;", "*lock_timeout*")]
    public async Task F15_an_error_says_what_is_wrong_for_whom_and_what_to_do(string settings, string message)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoredToken row = await database.NewProcess().Store.SavedAsync();
        await using NpgsqlConnection other = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync();
        await using (NpgsqlCommand take = new("SELECT 1 FROM oauth_connections FOR UPDATE", other, transaction))
            await take.ExecuteNonQueryAsync();

        StoreProcess process = database.NewProcess(settings);
        (await process.Store.Invoking(store => store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Should().ThrowAsync<InvalidOperationException>())
            .WithMessage("The refresh of strava/#82b64d7d1c69/default could not be begun: " + message);

        await transaction.RollbackAsync();
        (await database.NewProcess().Store.FindAsync(Rows.Key, Rows.None)).Should().BeEquivalentTo(row, "nothing was lost");
    }

    [Theory]
    [InlineData("Options=-c default_transaction_read_only=on;", "*read-only*connection string*")]
    [InlineData("Options=-c search_path=elsewhere;", "*It is in the schema public*Search Path*")]
    [InlineData("Database=nowhere;", "*no such database*connection string*")]
    [InlineData("Username=nobody-known;", "*refused user or password*")]
    public async Task F15_a_database_that_cannot_be_used_is_named_before_anything_is_tried(string settings, string message)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoredToken row = await database.NewProcess().Store.SavedAsync();

        (await database.NewProcess(settings).Store.Invoking(store => store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Should().ThrowAsync<TokenStoreNotReadyException>())
            .WithMessage(message);

        (await database.NewProcess().Store.FindAsync(Rows.Key, Rows.None)).Should().BeEquivalentTo(row, "nothing was lost");
    }

    [Fact]
    public async Task F15_a_pool_without_a_free_connection_is_named()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        const string small = "Maximum Pool Size=1;Timeout=1;";
        await using NpgsqlConnection only = new(database.ConnectionString + small);
        await only.OpenAsync();

        (await database.NewProcess(small).Store.Invoking(store => store.FindAsync(Rows.Key, Rows.None)).Should().ThrowAsync<TokenStoreNotReadyException>())
            .WithMessage("*every connection of the pool was in use*Maximum Pool Size*");
    }

    private static async Task UntilSomebodyWaitsAsync(PostgresDatabase database)
    {
        while (!Equals(await database.QueryAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"), 1L))
            await Task.Yield();
    }
}
