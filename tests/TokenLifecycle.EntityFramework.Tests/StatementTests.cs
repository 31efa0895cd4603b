using Npgsql;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>What goes over the wire to PostgreSQL.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class StatementTests(SharedPostgres postgres)
{
    [Fact]
    public async Task A_refresh_costs_two_round_trips_and_no_transaction()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        await process.Store.SavedAsync();
        process.Log.Statements.Clear();

        RefreshClaim claim = await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        SaveResult saved = await process.Store.SaveAsync(Rows.New(), claim.Token!.Version, Rows.None);

        saved.IsSaved.Should().BeTrue();
        process.Log.Statements.Should().HaveCount(2);
        process.Transactions.Started.Should().Be(0);
    }

    [Fact]
    public async Task Every_step_is_one_statement_and_a_delete_two()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        StoredToken row = (await process.Store.SaveAsync(new StoredToken { Key = Rows.Key, Tokens = Rows.New().Tokens, NextRefreshAt = DateTimeOffset.UnixEpoch }, StoredToken.Unsaved, Rows.None)).Token!;
        Func<Task>[] steps =
        [
            () => process.Store.FindAsync(Rows.Key, Rows.None),
            () => process.Store.ClaimDueAsync(Rows.Key.Provider, "a", 10, Rows.Lease, Rows.None),
            () => process.Store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None),
            () => process.Store.ListAsync(Rows.Key.Provider, after: null, 10, Rows.None),
            () => process.Store.FindByAccountAsync(Rows.Key.Provider, "42", tenant: null, Rows.None),
            () => process.Store.DeleteAsync(Rows.Key, Rows.None),
        ];
        process.Log.Statements.Clear();

        foreach (Func<Task> step in steps)
            await step();

        process.Log.Statements.Should().HaveCount(steps.Length + 1, "a delete reads first: if its answer is lost, what it deleted is still to be revoked");
    }

    [Fact]
    public async Task MT_1_every_statement_about_a_connection_names_provider_user_and_connection()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();

        await WalkAsync(process.Store);

        process.Log.Statements.Should().NotBeEmpty().And.OnlyContain(sql => IsInsert(sql) || (NamesInPredicate(sql, "provider") && NamesInPredicate(sql, "user_id") && NamesInPredicate(sql, "connection")));
        process.Log.Statements.Should().OnlyContain(sql => !sql.Contains("ada"), "what a key holds goes as a parameter");
    }

    [Fact]
    public async Task MT_1_a_step_on_one_connection_changes_none_that_differs_in_one_part_of_its_key()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        TokenKey[] others = [new("google", "ada"), new("strava", "bob"), new("strava", "ada", "coach")];
        List<StoredToken> before = [];
        foreach (TokenKey other in others)
            before.Add(await process.Store.SavedAsync(other));

        await WalkAsync(process.Store);

        foreach (StoredToken row in before)
            (await process.Store.FindAsync(row.Key, Rows.None)).Should().BeEquivalentTo(row);
    }

    [Fact]
    public async Task MT_1_every_search_names_its_provider()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();

        await process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None);
        await process.Store.ListAsync("strava", Rows.Key, 10, Rows.None);
        await process.Store.FindByAccountAsync("strava", "42", tenant: null, Rows.None);

        process.Log.Statements.Should().HaveCount(3).And.OnlyContain(sql => NamesInPredicate(sql, "provider"));
    }

    [Fact]
    public async Task LG_1_a_list_reads_neither_token()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        await process.Store.ListAsync("strava", after: null, 10, Rows.None);

        process.Log.Statements.Should().ContainSingle().Which.Should().NotContain("refresh_token,").And.NotContain("access_token,");
    }

    /// <summary>
    /// A prepared statement is planned without its values, and the planner then takes the limit for a tenth of what is due. A claim that left it the choice read the whole table
    /// for every hundred rows of a backlog; one whose moment of due moved with the clock read the whole index whenever less was due than it might have taken.
    /// </summary>
    [Theory]
    [InlineData("force_generic_plan")]
    [InlineData("force_custom_plan")]
    public async Task A_claim_reads_no_more_than_what_it_may_take_however_it_is_planned(string planCacheMode)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        await process.Store.SavedAsync();
        await database.ExecuteAsync("""
            INSERT INTO oauth_connections (provider, user_id, connection, access_token, version, next_refresh_at)
            SELECT provider, 'user-' || number, connection, access_token, version, now() - interval '1 minute' FROM generate_series(1, 5000) AS number, oauth_connections
            """);
        await database.ExecuteAsync("VACUUM ANALYZE oauth_connections");
        await process.Store.ClaimDueAsync("strava", "a", 1, Rows.Lease, Rows.None);

        string plan = await PlanOfAsync(database, process.Log.Statements.Last(), planCacheMode);

        plan.Should().NotContain("Seq Scan").And.MatchRegex(@"Index Cond: .*next_refresh_at <= statement_timestamp\(\)");
    }

    private static async Task<string> PlanOfAsync(PostgresDatabase database, string claim, string planCacheMode)
    {
        (string Name, string Type, string Value)[] parameters =
            [("Provider", "text", "'strava'"), ("attempt", "text", "'a'"), ("lease_seconds", "float8", "60"), ("limit", "int", "100"), ("WriteId", "uuid", "gen_random_uuid()")];
        for (int i = 0; i < parameters.Length; i++)
            claim = claim.Replace($"@{parameters[i].Name}", $"${i + 1}", StringComparison.Ordinal);
        await using NpgsqlConnection connection = await database.OpenAsync();
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                new($"SET plan_cache_mode = {planCacheMode}"),
                new($"PREPARE claim({string.Join(", ", parameters.Select(static parameter => parameter.Type))}) AS {claim}"),
                new($"EXPLAIN EXECUTE claim({string.Join(", ", parameters.Select(static parameter => parameter.Value))})"),
            },
        };
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync();
        List<string> lines = [];
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        return string.Join('\n', lines);
    }

    private static async Task WalkAsync(ISearchableTokenStore store)
    {
        StoredToken row = await store.SavedAsync();
        await store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        await store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None);
        await store.SaveAsync(Rows.New(), row.Version, Rows.None);
        await store.SaveAsync(Rows.New(), row.Version, Rows.None);
        await store.FindAsync(Rows.Key, Rows.None);
        await store.DeleteAsync(Rows.Key, Rows.None);
    }

    private static bool IsInsert(string sql) => sql.StartsWith("INSERT INTO", StringComparison.Ordinal);

    private static bool NamesInPredicate(string sql, string column) =>
        System.Text.RegularExpressions.Regex.IsMatch(sql[sql.IndexOf("WHERE", StringComparison.Ordinal)..], $@"\b{column}\b""? = [@$]", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(5));
}
