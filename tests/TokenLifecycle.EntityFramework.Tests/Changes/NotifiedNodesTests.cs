using TokenLifecycle.Postgres;

namespace TokenLifecycle.EntityFramework.Tests.Changes;

/// <summary>Two nodes on PostgreSQL with <c>NotifyChanges</c>: what one does the other knows, though no time has passed.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class NotifiedNodesTests(SharedPostgres postgres)
{
    private const string User = "ada";
    private const string Silence = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN tokenlifecycle'";

    private static readonly TokenKey Key = TokenApp.KeyOf(User);
    private static readonly TimeSpan CacheDuration = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_disconnect_at_one_node_is_seen_by_another_at_once()
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using ListeningNode one = await ListeningNode.StartAsync(app);
        await using ListeningNode other = await ListeningNode.StartAsync(app);
        long version = await ConnectAsync(app, one, other);

        await one.Process.Tokens.DisconnectAsync(Key);
        await other.Heard.ChangedAsync(Key, version);

        (await TokenApp.RefusalAsync(other.Process, User)).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
    }

    [Fact]
    public async Task A_rotation_at_one_node_is_seen_by_another_at_once()
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using ListeningNode one = await ListeningNode.StartAsync(app);
        await using ListeningNode other = await ListeningNode.StartAsync(app);
        long version = await ConnectAsync(app, one, other);

        AccessToken rotated = await one.Process.Tokens.RefreshAsync(Key);
        await other.Heard.ChangedAsync(Key, version);

        (await TokenApp.GetAsync(other.Process, User)).Value.Should().Be(rotated.Value);
        app.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task A_verdict_of_one_node_is_seen_by_another_at_once()
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using ListeningNode one = await ListeningNode.StartAsync(app);
        await using ListeningNode other = await ListeningNode.StartAsync(app);
        long version = await ConnectAsync(app, one, other);
        app.Server.RevokeGrant(app.UserOf(User));

        await FluentActions.Awaiting(() => one.Process.Tokens.RefreshAsync(Key)).Should().ThrowAsync<ReauthorizationRequiredException>();
        await other.Heard.ChangedAsync(Key, version);

        (await other.Process.Tokens.GetStatusAsync(Key)).State.Should().Be(TokenState.ReauthorizationRequired);
    }

    [Fact]
    public async Task A_lost_connection_is_opened_again_and_changes_are_seen_at_once_as_before()
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using ListeningNode one = await ListeningNode.StartAsync(app);
        await using ListeningNode other = await ListeningNode.StartAsync(app);
        long version = await ConnectAsync(app, one, other);

        (await app.Database.QueryAsync(Silence)).Should().Be(2L);
        await other.Heard.ListeningAsync();
        await one.Process.Tokens.DisconnectAsync(Key);
        await other.Heard.ChangedAsync(Key, version);

        await TokenApp.RefusalAsync(other.Process, User);
        other.Lines.CountOf(202).Should().Be(1);
    }

    [Fact]
    public async Task What_happened_while_a_node_did_not_listen_is_seen_when_it_listens_again()
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using ListeningNode one = await ListeningNode.StartAsync(app);
        await using ListeningNode other = await ListeningNode.StartAsync(app);
        await ConnectAsync(app, one, other);

        await DeafenAsync(app, other);
        await one.Process.Tokens.DisconnectAsync(Key);
        (await TokenApp.GetAsync(other.Process, User)).Should().NotBeNull("nobody has told it");
        other.Process.Log.Sending = null;
        other.Clock.Advance(TimeSpan.FromSeconds(1));
        await other.Heard.ListeningAsync();

        await TokenApp.RefusalAsync(other.Process, User);
    }

    [Fact]
    public async Task A_node_that_cannot_listen_sees_a_disconnect_within_CacheDuration_and_says_once_that_it_is_deaf()
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using ListeningNode one = await ListeningNode.StartAsync(app);
        await using ListeningNode other = await ListeningNode.StartAsync(app);
        await ConnectAsync(app, one, other);

        await DeafenAsync(app, other);
        await one.Process.Tokens.DisconnectAsync(Key);
        other.Clock.Advance(CacheDuration - TimeSpan.FromTicks(1));
        (await TokenApp.GetAsync(other.Process, User)).Should().NotBeNull();
        other.Clock.Advance(TimeSpan.FromTicks(1));

        await TokenApp.RefusalAsync(other.Process, User);
        other.Lines.CountOf(202).Should().Be(1);

        // It goes on trying, less and less often, and so comes back by itself.
        long version = await ConnectAsync(app, one, other);
        await other.Clock.WaitForTimersAsync(1);
        other.Process.Log.Sending = null;
        other.Clock.Advance(TimeSpan.FromSeconds(30));
        await other.Heard.ListeningAsync();
        await one.Process.Tokens.DisconnectAsync(Key);
        await other.Heard.ChangedAsync(Key, version);
        await TokenApp.RefusalAsync(other.Process, User);
    }

    [Fact]
    public async Task What_strangers_say_on_the_channel_changes_nothing()
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using ListeningNode one = await ListeningNode.StartAsync(app);
        await using ListeningNode other = await ListeningNode.StartAsync(app);
        long version = await ConnectAsync(app, one, other);

        await app.Database.ExecuteAsync("NOTIFY tokenlifecycle, 'good morning'");
        await app.Database.ExecuteAsync("NOTIFY tokenlifecycle");
        await one.Process.Tokens.DisconnectAsync(Key);
        await other.Heard.ChangedAsync(Key, version);

        await TokenApp.RefusalAsync(other.Process, User);
        other.Lines.CountOf(202).Should().Be(0);
    }

    /// <summary>Connects the user at one node, and has the other remember it.</summary>
    /// <returns>The version that it remembers.</returns>
    private static async Task<long> ConnectAsync(TokenApp app, ListeningNode one, ListeningNode other)
    {
        await app.ConnectAsync(one.Process, User);
        await TokenApp.GetAsync(other.Process, User);
        return (await other.Process.Store.FindAsync(Key, Rows.None))!.Version;
    }

    /// <summary>Ends the connections that listen, and lets this node's attempts fail until its <c>Sending</c> is taken back. When this returns it waits for its clock.</summary>
    private static async Task DeafenAsync(TokenApp app, ListeningNode node)
    {
        node.Process.Log.Sending = static sql =>
        {
            if (sql.StartsWith("LISTEN", StringComparison.Ordinal))
                throw new InvalidOperationException("It cannot listen now.");
        };
        await app.Database.QueryAsync(Silence);
        await node.Clock.WaitForTimersAsync(1);
    }
}
