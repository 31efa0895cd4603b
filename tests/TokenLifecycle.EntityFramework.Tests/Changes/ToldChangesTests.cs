using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Changes;

/// <summary>What is said on the channel, by which statement, and what is not.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class ToldChangesTests(SharedPostgres postgres)
{
    private const string End = "that is all";

    [Fact]
    public async Task Each_save_verdict_and_delete_is_told_once_with_the_version_that_it_outdates()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using NpgsqlConnection listener = await ListenAsync(database);
        StoreProcess process = NewProcess(database, notifies: true);

        StoredToken first = await process.Store.SavedAsync();
        StoredToken second = (await process.Store.SaveAsync(Rows.New(), first.Version, Rows.None)).Token!;
        (await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Kind.Should().Be(RefreshClaimKind.Acquired);
        (await process.Store.CompleteRefreshAsync(Rows.Key, "a", second.Version, Verdict, Rows.None)).Should().BeTrue();
        (await process.Store.DeleteAsync(Rows.Key, Rows.None)).Existed.Should().BeTrue();

        string fingerprint = TokenInvalidation.FingerprintOf(Rows.Key);
        (await HeardAsync(database, listener)).Should().Equal(
            new TokenInvalidation(fingerprint, first.Version).ToString(),
            new TokenInvalidation(fingerprint, second.Version).ToString(),
            new TokenInvalidation(fingerprint, second.Version + 1).ToString(),
            new TokenInvalidation(fingerprint, second.Version + 1).ToString());
    }

    [Fact]
    public async Task What_changes_no_token_and_no_verdict_is_not_told()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = NewProcess(database, notifies: true);
        StoredToken row = await process.Store.SavedAsync();
        await using NpgsqlConnection listener = await ListenAsync(database);

        await process.Store.FindAsync(Rows.Key, Rows.None);
        await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        await process.Store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None);
        (await process.Store.SaveAsync(Rows.New(), row.Version - 1, Rows.None)).IsSaved.Should().BeFalse();
        await process.Store.DeleteAsync(new TokenKey("strava", "nobody"), Rows.None);

        (await HeardAsync(database, listener)).Should().BeEmpty();
    }

    [Fact]
    public async Task Nothing_is_told_where_nobody_asked_for_it()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using NpgsqlConnection listener = await ListenAsync(database);
        StoreProcess process = NewProcess(database, notifies: false);

        StoredToken row = await process.Store.SavedAsync();
        await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        await process.Store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Verdict, Rows.None);
        await process.Store.DeleteAsync(Rows.Key, Rows.None);

        (await HeardAsync(database, listener)).Should().BeEmpty();
        process.Log.Statements.Should().NotContain(sql => sql.Contains("notify"));
    }

    [Fact]
    public async Task A_refresh_that_is_told_costs_two_round_trips_as_one_that_is_not()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = NewProcess(database, notifies: true);
        await process.Store.SavedAsync();
        process.Log.Statements.Clear();

        RefreshClaim claim = await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        (await process.Store.SaveAsync(Rows.New(), claim.Token!.Version, Rows.None)).IsSaved.Should().BeTrue();

        process.Log.Statements.Should().HaveCount(2);
        process.Transactions.Started.Should().Be(0);
    }

    private static RefreshCompletion Verdict => new() { RefreshTokenNotUsed = false, Reauthorization = ReauthorizationReason.GrantRejected, Failure = Rows.Ending.Failure };

    private static StoreProcess NewProcess(PostgresDatabase database, bool notifies) =>
        database.NewProcess(configure: builder => builder.UsePostgreSql(options => options.NotifyChanges = notifies));

    private static async Task<NpgsqlConnection> ListenAsync(PostgresDatabase database)
    {
        NpgsqlConnection listener = await database.OpenAsync();
        await using NpgsqlCommand listen = new("LISTEN tokenlifecycle", listener);
        await listen.ExecuteNonQueryAsync();
        return listener;
    }

    /// <summary>All that was said so far: messages arrive in the order of their commits, and the last one is ours.</summary>
    private static async Task<IReadOnlyList<string>> HeardAsync(PostgresDatabase database, NpgsqlConnection listener)
    {
        List<string> heard = [];
        listener.Notification += (_, notification) => heard.Add(notification.Payload);
        await database.ExecuteAsync($"NOTIFY tokenlifecycle, '{End}'");
        while (!heard.Contains(End))
            await listener.WaitAsync();
        return heard[..^1];
    }
}
