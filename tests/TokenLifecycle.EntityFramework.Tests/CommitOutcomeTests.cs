using Microsoft.EntityFrameworkCore;
using Npgsql;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>A write whose answer was lost is looked up by its own mark, and never guessed.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class CommitOutcomeTests(SharedPostgres postgres)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DB_4_a_save_that_was_committed_without_an_answer_is_reported_as_saved(bool retries)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using AnswerDroppingProxy proxy = new(postgres.Cluster.Port);
        await using StoreProcess process = Behind(proxy, database, retries);
        StoredToken row = await process.Store.SavedAsync();
        DropAnswerTo(process, proxy, "UPDATE");
        StoredToken next = Rows.New();

        SaveResult saved = await process.Store.SaveAsync(next, row.Version, Rows.None);

        proxy.Dropped.Should().Be(1);
        saved.IsSaved.Should().BeTrue();
        saved.Token!.Tokens.RefreshToken.Should().Be(next.Tokens.RefreshToken);
        (await process.Store.FindAsync(Rows.Key, Rows.None)).Should().BeEquivalentTo(saved.Token);
    }

    [Fact]
    public async Task DB_4_a_first_save_that_was_committed_without_an_answer_is_reported_as_saved()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using AnswerDroppingProxy proxy = new(postgres.Cluster.Port);
        await using StoreProcess process = Behind(proxy, database, retries: false);
        DropAnswerTo(process, proxy, "INSERT");

        (await process.Store.SaveAsync(Rows.New(), StoredToken.Unsaved, Rows.None)).IsSaved.Should().BeTrue();
        proxy.Dropped.Should().Be(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Rule", "FR-13")]
    public async Task A_delete_that_was_committed_without_an_answer_returns_what_it_deleted(bool retries)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using AnswerDroppingProxy proxy = new(postgres.Cluster.Port);
        await using StoreProcess process = Behind(proxy, database, retries);
        StoredToken row = await process.Store.SavedAsync();
        DropAnswerTo(process, proxy, "DELETE");

        DeleteResult deleted = await process.Store.DeleteAsync(Rows.Key, Rows.None);

        proxy.Dropped.Should().Be(1);
        deleted.Deleted!.Tokens.RefreshToken.Should().Be(row.Tokens.RefreshToken, "it is still to be revoked at the provider");
    }

    [Fact]
    [Trait("Rule", "FR-13")]
    public async Task A_claim_that_was_committed_without_an_answer_returns_what_it_took()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using AnswerDroppingProxy proxy = new(postgres.Cluster.Port);
        await using StoreProcess process = Behind(proxy, database, retries: false);
        await process.Store.SavedAsync();
        await database.ExecuteAsync("UPDATE oauth_connections SET next_refresh_at = '2001-01-01Z'");
        DropAnswerTo(process, proxy, "WITH due");

        IReadOnlyList<StoredToken> claimed = await process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None);

        proxy.Dropped.Should().Be(1);
        claimed.Should().ContainSingle().Which.Intent!.AttemptCount.Should().Be(1);
    }

    [Fact]
    public async Task F13_a_save_whose_connection_ended_before_it_was_sent_is_an_error_and_changes_nothing()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        StoredToken row = await process.Store.SavedAsync();
        await using NpgsqlConnection admin = await database.OpenAsync();
        process.Log.Sending = sql =>
        {
            if (!sql.StartsWith("UPDATE", StringComparison.Ordinal))
                return;
            using NpgsqlCommand kill = new("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", admin);
            kill.ExecuteNonQuery();
        };

        await process.Store.Invoking(store => store.SaveAsync(Rows.New(), row.Version, Rows.None)).Should().ThrowAsync<Exception>();

        (await process.Store.FindAsync(Rows.Key, Rows.None)).Should().BeEquivalentTo(row);
        process.Log.Sending = null;
        (await process.Store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved.Should().BeTrue("it can be tried again");
    }

    [Fact]
    [Trait("Rule", "FR-13")]
    public async Task A_begin_that_was_committed_without_an_answer_is_repeated_with_the_same_id()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using AnswerDroppingProxy proxy = new(postgres.Cluster.Port);
        await using StoreProcess process = Behind(proxy, database, retries: false);
        await process.Store.SavedAsync();
        DropAnswerTo(process, proxy, "WITH taken");

        RefreshClaim again = await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);

        proxy.Dropped.Should().Be(1);
        again.Kind.Should().Be(RefreshClaimKind.Acquired);
        again.Token!.Intent!.AttemptCount.Should().Be(1);
    }

    [Fact]
    public async Task DB_4_an_ending_that_a_retrying_strategy_ran_twice_is_recorded_once_and_reported()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using AnswerDroppingProxy proxy = new(postgres.Cluster.Port);
        await using StoreProcess process = Behind(proxy, database, retries: true);
        StoredToken row = await process.Store.SavedAsync();
        await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        DropAnswerTo(process, proxy, "UPDATE");

        (await process.Store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None)).Should().BeTrue();
        proxy.Dropped.Should().Be(1);
        (await process.Store.FindAsync(Rows.Key, Rows.None))!.Intent.Should().BeNull();
    }

    private static StoreProcess Behind(AnswerDroppingProxy proxy, PostgresDatabase database, bool retries)
    {
        // Without the reset of a pooled connection, the only answer that follows a statement is its own.
        string connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = proxy.Port, NoResetOnClose = true }.ConnectionString;
        return new StoreProcess(options => options.UseNpgsql(connectionString, npgsql =>
        {
            if (retries)
                npgsql.EnableRetryOnFailure(3, TimeSpan.FromMilliseconds(10), errorCodesToAdd: null);
        }));
    }

    private static void DropAnswerTo(StoreProcess process, AnswerDroppingProxy proxy, string statement)
    {
        int isLeft = 1;
        process.Log.Sending = sql =>
        {
            if (sql.StartsWith(statement, StringComparison.Ordinal) && Interlocked.Exchange(ref isLeft, 0) == 1)
                proxy.DropNextAnswer();
        };
    }
}
