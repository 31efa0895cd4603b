using Microsoft.EntityFrameworkCore;
using Npgsql;
using TokenLifecycle.EntityFramework.Tests.Changes;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>However the app's connection string sets Npgsql up, the table is checked and every step works.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class ConnectionSettingsTests(SharedPostgres postgres)
{
    [Theory]
    [Trait("Rule", "FR-18")]
    [InlineData("Multiplexing=true;")]
    [InlineData("Multiplexing=true;Max Auto Prepare=20;")]
    [InlineData("Pooling=false;")]
    [InlineData("No Reset On Close=true;")]
    [InlineData("Enlist=true;")]
    [InlineData("Max Auto Prepare=0;")]
    public Task Every_step_works(string settings) => WalkAsync(database => database.NewProcess(settings));

    [Fact]
    [Trait("Rule", "FR-18")]
    public async Task Every_step_works_on_a_data_source_that_shares_its_sessions()
    {
        NpgsqlDataSource? source = null;
        await WalkAsync(database => new StoreProcess(builder => builder.UseNpgsql(source ??= new NpgsqlDataSourceBuilder(database.ConnectionString + "Multiplexing=true;").Build())));
        await source!.DisposeAsync();
    }

    [Fact]
    [Trait("Rule", "FR-18")]
    public async Task Changes_are_heard_where_connections_share_their_sessions()
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using ListeningNode one = await ListeningNode.StartAsync(app, "Multiplexing=true;");
        await using ListeningNode other = await ListeningNode.StartAsync(app, "Multiplexing=true;");
        await app.ConnectAsync(one.Process, "ada");
        await TokenApp.GetAsync(other.Process, "ada");
        long version = (await other.Process.Store.FindAsync(TokenApp.KeyOf("ada"), Rows.None))!.Version;

        await one.Process.Tokens.DisconnectAsync(TokenApp.KeyOf("ada"));
        await other.Heard.ChangedAsync(TokenApp.KeyOf("ada"), version);

        await TokenApp.RefusalAsync(other.Process, "ada");
        other.Lines.CountOf(202).Should().Be(0);
        other.Lines.CountOf(203).Should().Be(0);
    }

    private async Task WalkAsync(Func<PostgresDatabase, StoreProcess> open)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using StoreProcess process = open(database);
        ISearchableTokenStore store = process.Store;

        (await ((ITokenStoreCheck)store).CheckAsync(Rows.None)).Should().BeEmpty();
        StoredToken row = await store.SavedAsync();
        (await store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Kind.Should().Be(RefreshClaimKind.Acquired);
        (await store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None)).Should().BeTrue();
        (await store.SaveAsync(Rows.New(), row.Version, Rows.None)).IsSaved.Should().BeTrue();
        (await store.ClaimDueAsync("strava", "b", 10, Rows.Lease, Rows.None)).Should().BeEmpty();
        (await store.ListAsync("strava", after: null, 10, Rows.None)).Should().ContainSingle();
        (await ((ITokenStoreStatistics)store).CountAsync(Rows.None)).Should().ContainSingle();
        (await store.DeleteAsync(Rows.Key, Rows.None)).Existed.Should().BeTrue();
    }
}
