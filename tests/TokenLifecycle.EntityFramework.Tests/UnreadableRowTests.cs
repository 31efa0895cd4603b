using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Rows from a newer version, from another hand, or damaged.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class UnreadableRowTests(SharedPostgres postgres)
{
    [Theory]
    [InlineData("reauthorization = 'MoonPhase'", "*Reauthorization is unknown to this version*")]
    [InlineData("reauthorization = '3'", "*Reauthorization is unknown*")]
    [InlineData("captured = '{\"a\":1}'", "*Captured is not what this library writes*")]
    public async Task ST_6_a_row_that_cannot_be_told_is_left_exactly_as_it_is(string damage, string message)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        StoredToken row = await process.Store.SavedAsync();
        await database.ExecuteAsync($"UPDATE oauth_connections SET next_refresh_at = '2001-01-01Z', {damage}");
        object? before = await database.QueryAsync("SELECT t::text FROM oauth_connections t");

        Func<Task>[] calls =
        [
            () => process.Store.FindAsync(Rows.Key, Rows.None),
            () => process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None),
            () => process.Store.SaveAsync(Rows.New(), row.Version, Rows.None),
            () => process.Store.SaveAsync(Rows.New(), StoredToken.Unsaved, Rows.None),
        ];
        foreach (Func<Task> call in calls)
            await call.Should().ThrowAsync<UnreadableTokenException>().WithMessage(message);
        (await process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None)).Should().BeEmpty();

        (await database.QueryAsync("SELECT t::text FROM oauth_connections t")).Should().Be(before);
    }

    [Fact]
    public async Task DB_7_a_kind_of_failure_that_only_a_newer_version_knows_keeps_no_token_from_being_used()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        StoredToken row = await process.Store.SavedAsync();
        await database.ExecuteAsync("UPDATE oauth_connections SET failure_kind = 'SolarFlare', failure_at = '2026-11-02Z'");

        StoredToken found = (await process.Store.FindAsync(Rows.Key, Rows.None))!;

        found.Tokens.Should().BeEquivalentTo(row.Tokens);
        found.Failure!.Kind.Should().Be(TokenFailureKind.ProviderUnavailable);
        found.Failure.Attempts.Should().Be(1);
    }

    [Fact]
    public async Task DB_7_columns_that_only_a_newer_version_knows_disturb_nobody()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        await database.ExecuteAsync("ALTER TABLE oauth_connections ADD COLUMN of_tomorrow integer NOT NULL DEFAULT 7");

        StoredToken row = await process.Store.SavedAsync();
        await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        (await process.Store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved.Should().BeTrue();

        (await database.QueryAsync("SELECT of_tomorrow FROM oauth_connections")).Should().Be(7);
    }

    [Fact]
    public async Task A_row_with_nothing_but_key_and_access_token_is_read_refreshed_and_saved()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        StoredToken bare = Rows.New();
        await database.ExecuteAsync("INSERT INTO oauth_connections (provider, user_id, connection, access_token) VALUES ('strava', 'ada', 'default', $1)", bare.Tokens.AccessToken);

        RefreshClaim claim = await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        SaveResult saved = await process.Store.SaveAsync(Rows.New(), claim.Token!.Version, Rows.None);

        claim.Token.Version.Should().Be(1);
        claim.Token.Tokens.TokenType.Should().Be("Bearer");
        claim.Token.Tokens.AccessToken.Should().Be(bare.Tokens.AccessToken);
        saved.IsSaved.Should().BeTrue();
        saved.Token!.Version.Should().BeGreaterThan(1);
    }

    [Fact]
    public async Task An_operator_reads_failure_and_verdict_with_sql_alone()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        StoredToken row = await process.Store.SavedAsync();
        await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        await process.Store.CompleteRefreshAsync(
            Rows.Key, "a", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true, Failure = Rows.Ending.Failure, Reauthorization = ReauthorizationReason.LostRotation }, Rows.None);

        (await database.QueryAsync("SELECT failure_kind || ' ' || (failure_at = '1970-01-01Z') || ' ' || reauthorization FROM oauth_connections")).Should().Be("Network true LostRotation");
    }
}
