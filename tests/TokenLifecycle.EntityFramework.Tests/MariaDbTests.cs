using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MySql.Data.MySqlClient;
using TokenLifecycle.EntityFramework.Tests.Requests;
using TokenLifecycle.MariaDb;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>What is different on MariaDB: collations, row counts, locks and the length of keys.</summary>
[Collection(MariaDbCollection.Name)]
[Trait(MariaDbServer.Needs, MariaDbServer.MariaDb)]
public sealed class MariaDbTests(SharedMariaDb mariaDb)
{
    private const string Columns =
        "SELECT GROUP_CONCAT(CONCAT(COLUMN_NAME, ' ', COLUMN_TYPE, ' ', COLLATION_NAME) ORDER BY ORDINAL_POSITION) FROM information_schema.COLUMNS "
        + "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'oauth_connections' AND COLUMN_NAME IN ('provider', 'user_id', 'connection', 'tenant', 'account_id')";

    [Fact]
    [Trait("Rule", "MY-1")]
    [Trait("Rule", "MY-2")]
    public async Task Keys_have_a_binary_collation_and_fit_into_an_index()
    {
        await using MariaDbDatabase database = await MariaDbDatabase.CreateAsync(mariaDb.Server);
        StoreProcess process = database.NewProcess();
        TokenKey longest = new(new string('p', 128), new string('日', TokenKey.MaxPartLength), new string('c', 128)) { Tenant = new string('t', TokenKey.MaxPartLength) };

        await process.Store.SavedAsync(longest);

        (await process.Store.FindAsync(longest, Rows.None)).Should().NotBeNull();
        (await database.QueryAsync(Columns)).Should().Be(
            "provider varchar(128) utf8mb4_bin,user_id varchar(256) utf8mb4_bin,connection varchar(128) utf8mb4_bin,tenant varchar(256) utf8mb4_bin,account_id varchar(512) utf8mb4_bin");
    }

    [Fact]
    [Trait("Rule", "MY-1")]
    public async Task Users_who_differ_in_case_only_have_two_rows()
    {
        await using MariaDbDatabase database = await MariaDbDatabase.CreateAsync(mariaDb.Server);
        StoreProcess process = database.NewProcess();

        StoredToken lower = await process.Store.SavedAsync(new TokenKey("strava", "ada"));
        StoredToken upper = await process.Store.SavedAsync(new TokenKey("strava", "ADA"));

        (await process.Store.FindAsync(lower.Key, Rows.None)).Should().BeEquivalentTo(lower);
        (await process.Store.FindAsync(upper.Key, Rows.None)).Should().BeEquivalentTo(upper);
    }

    [Fact]
    [Trait("Rule", "MY-1")]
    public async Task A_user_who_differs_in_a_blank_at_the_end_is_refused_and_never_gets_the_row()
    {
        await using MariaDbDatabase database = await MariaDbDatabase.CreateAsync(mariaDb.Server);
        StoreProcess process = database.NewProcess();
        StoredToken row = await process.Store.SavedAsync(new TokenKey("strava", "ada"));

        Func<Task> find = () => process.Store.FindAsync(new TokenKey("strava", "ada "), Rows.None);

        (await find.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*does not compare them ordinally*KeyCollation*");
        (await process.Store.FindAsync(row.Key, Rows.None)).Should().BeEquivalentTo(row);
    }

    [Fact]
    [Trait("Rule", "MY-1")]
    public async Task A_key_column_that_ignores_case_is_found_with_the_statement_that_fixes_it()
    {
        await using MariaDbDatabase database = await MariaDbDatabase.CreateAsync(mariaDb.Server);
        StoreProcess process = database.NewProcess();
        await database.ExecuteAsync("ALTER TABLE oauth_connections MODIFY user_id varchar(256) COLLATE utf8mb4_general_ci NOT NULL");

        IReadOnlyList<TokenStoreProblem> problems = await CheckAsync(process);
        problems.Should().ContainSingle().Which.Message.Should().Contain("utf8mb4_general_ci must be utf8mb4_bin");
        await database.ExecuteAsync(problems[0].Remedy!);

        (await CheckAsync(process)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("Use Affected Rows=true;")]
    [Trait("Rule", "MY-1")]
    public async Task Every_write_changes_its_row_however_the_driver_counts(string settings)
    {
        await using MariaDbDatabase database = await MariaDbDatabase.CreateAsync(mariaDb.Server);
        StoreProcess process = database.NewProcess(settings);
        StoredToken row = await process.Store.SavedAsync();

        for (int i = 0; i < 2; i++)
        {
            (await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Kind.Should().Be(RefreshClaimKind.Acquired);
            (await process.Store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None)).Should().BeTrue();
        }

        (await process.Store.SaveAsync(row, row.Version, Rows.None)).IsSaved.Should().BeTrue("what is stored already is saved too");
    }

    [Fact]
    [Trait("Rule", "FR-10")]
    public async Task A_claim_skips_what_another_transaction_has_locked()
    {
        await using MariaDbDatabase database = await MariaDbDatabase.CreateAsync(mariaDb.Server);
        StoreProcess process = database.NewProcess();
        await process.Store.SavedAsync(new TokenKey("strava", "locked"));
        await process.Store.SavedAsync();
        await database.ExecuteAsync("UPDATE oauth_connections SET next_refresh_at = '2001-01-01'");
        await using MySqlConnection other = await database.OpenAsync();
        await using MySqlTransaction transaction = await other.BeginTransactionAsync();
        await using (MySqlCommand take = new("SELECT 1 FROM oauth_connections WHERE provider = 'strava' AND user_id = 'locked' AND connection = 'default' AND tenant = '' FOR UPDATE", other, transaction))
            await take.ExecuteScalarAsync();
        process.Log.Statements.Clear();

        IReadOnlyList<StoredToken> claimed = await process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None);

        claimed.Select(static token => token.Key).Should().Equal(Rows.Key);
        process.Log.Statements.Should().Contain(static sql => sql.Contains("FOR UPDATE SKIP LOCKED"));
    }

    [Fact]
    [Trait("Rule", "MY-1")]
    public async Task A_wait_for_a_lock_that_takes_too_long_is_repeated()
    {
        await using MariaDbDatabase database = await MariaDbDatabase.CreateAsync(mariaDb.Server);
        StoreProcess process = database.NewProcess();
        await process.Store.SavedAsync();
        await using MySqlConnection other = await database.OpenAsync();
        await using MySqlTransaction transaction = await other.BeginTransactionAsync();
        await using (MySqlCommand take = new("SELECT 1 FROM oauth_connections FOR UPDATE", other, transaction))
            await take.ExecuteScalarAsync();
        int updates = 0;
        process.Log.Sending = sql =>
        {
            if (sql.StartsWith("UPDATE", StringComparison.Ordinal) && ++updates == 2)
                transaction.Rollback(); // The first one waited for a second, in vain.
        };

        (await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Kind.Should().Be(RefreshClaimKind.Acquired);

        updates.Should().Be(2);
    }

    [Fact]
    [Trait("Rule", "MY-1")]
    public async Task A_deadlock_is_repeated()
    {
        await using MariaDbDatabase database = await MariaDbDatabase.CreateAsync(mariaDb.Server);
        StoreProcess process = database.NewProcess();
        StoredToken row = await process.Store.SavedAsync();
        await database.ExecuteAsync("CREATE TABLE deadlocks (left_over int) ENGINE = MyISAM"); // Keeps its count when the statement is rolled back.
        await database.ExecuteAsync("INSERT INTO deadlocks VALUES (3)");
        await database.ExecuteAsync("""
            CREATE TRIGGER deadlock BEFORE UPDATE ON oauth_connections FOR EACH ROW
            BEGIN
                UPDATE deadlocks SET left_over = left_over - 1;
                IF (SELECT left_over FROM deadlocks) >= 0 THEN
                    SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found when trying to get lock; try restarting transaction';
                END IF;
            END
            """);

        (await process.Store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved.Should().BeTrue();

        (await database.QueryAsync("SELECT left_over FROM deadlocks")).Should().Be(-1);
    }

    [Fact]
    public async Task An_authorization_request_is_redeemed_once()
    {
        string connection = await mariaDb.Server.CreateDatabaseAsync();
        await using (RequestsDb context = new(new DbContextOptionsBuilder<RequestsDb>().UseMySQL(connection).Options))
            await context.Database.EnsureCreatedAsync();
        await using ServiceProvider node = RequestsDb.NewNode(builder => builder.UseMySQL(connection), TimeProvider.System);
        IAuthorizationRequestStore store = RequestsDb.StoreOf(node);
        DateTimeOffset end = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(10);

        (await store.TryRedeemAsync("id", "holder", end, Rows.None)).Kind.Should().Be(AuthorizationRedemptionKind.Taken);
        (await store.TryRedeemAsync("id", "holder", end, Rows.None)).Kind.Should().NotBe(AuthorizationRedemptionKind.Taken);
        await store.SetOutcomeAsync("id", "done", Rows.None);

        (await store.FindOutcomeAsync("id", "holder", Rows.None)).Should().Be("done");
    }

    private static Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(StoreProcess process) => ((ITokenStoreCheck)process.Store).CheckAsync(Rows.None);
}
