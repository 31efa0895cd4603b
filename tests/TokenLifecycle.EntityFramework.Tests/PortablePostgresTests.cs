using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using TokenLifecycle.EntityFramework.Tests.Changes;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>PostgreSQL without the package for it: everything works, and one warning names the package.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class PortablePostgresTests(SharedPostgres postgres)
{
    private const int PackageIsMissing = 220;

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task A_missing_package_is_named_once(bool isMissing, int lines)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        using ListeningNode.LogLines log = new();
        StoreProcess process = database.NewProcess(configure: builder => builder.Services.AddSingleton<ILoggerProvider>(log), isPortable: isMissing);

        await process.Store.SavedAsync();
        await process.Store.FindAsync(Rows.Key, Rows.None);
        (await ((ITokenStoreCheck)process.Store).CheckAsync(Rows.None)).Should().BeEmpty();

        log.CountOf(PackageIsMissing).Should().Be(lines);
    }

    [Fact]
    [Trait("Rule", "FR-10")]
    public async Task A_claim_skips_what_another_transaction_has_locked()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess("Options=-c lock_timeout=5000;", isPortable: true);
        await process.Store.SavedAsync(new TokenKey("strava", "locked"));
        await process.Store.SavedAsync();
        await database.ExecuteAsync("UPDATE oauth_connections SET next_refresh_at = '2001-01-01Z'");
        await using NpgsqlConnection other = await database.OpenAsync();
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync();
        await using (NpgsqlCommand take = new("SELECT 1 FROM oauth_connections WHERE user_id = 'locked' FOR UPDATE", other, transaction))
            await take.ExecuteNonQueryAsync();

        IReadOnlyList<StoredToken> claimed = await process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None);

        claimed.Select(static token => token.Key).Should().Equal(Rows.Key);
    }

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    [Trait("Rule", "FR-20")]
    public async Task A_claim_that_is_rolled_back_for_another_runs_again_as_a_whole(string state)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess(isPortable: true);
        await process.Store.SavedAsync(new TokenKey("strava", "bob"));
        await process.Store.SavedAsync();
        await database.ExecuteAsync("UPDATE oauth_connections SET next_refresh_at = '2001-01-01Z'");
        int updates = 0;
        process.Log.Sending = sql =>
        {
            if (sql.StartsWith("UPDATE", StringComparison.Ordinal) && ++updates == 2)
                throw new PostgresException("rolled back for another", "ERROR", "ERROR", state);
        };

        IReadOnlyList<StoredToken> claimed = await process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None);

        claimed.Should().HaveCount(2).And.OnlyContain(static token => token.Intent!.AttemptCount == 1);
        (await process.Store.ClaimDueAsync("strava", "b", 10, Rows.Lease, Rows.None)).Should().BeEmpty("both are acquired");
    }
}
