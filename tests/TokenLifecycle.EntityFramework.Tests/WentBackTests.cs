using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>A database that went back to an older state, as a standby that is promoted, and whose clock does not help: versions of the lost rows are not used again.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class WentBackTests(SharedPostgres postgres)
{
    private const long FarAhead = 1L << 60;

    [Fact]
    [Trait("Rule", "FR-7")]
    public async Task The_version_of_a_row_that_was_lost_is_not_given_to_another()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        ISearchableTokenStore store = database.NewProcess().Store;
        await store.SavedAsync();
        await GoBackAsync(database);
        StoredToken lost = (await store.SaveAsync(Rows.New(), FarAhead, Rows.None)).Token!;
        await GoBackAsync(database);

        StoredToken other = (await store.SaveAsync(Rows.New(), FarAhead, Rows.None)).Token!;

        other.Version.Should().NotBe(lost.Version).And.BeGreaterThan(FarAhead);
        (await store.SaveAsync(Rows.New(), lost.Version, Rows.None)).IsSaved.Should().BeFalse("who remembers the lost row must not replace another");
    }

    private static Task<int> GoBackAsync(PostgresDatabase database) => database.ExecuteAsync($"UPDATE oauth_connections SET version = {FarAhead}");
}
