using TokenLifecycle.Postgres;

namespace TokenLifecycle.EntityFramework.Tests.Changes;

/// <summary>Two nodes on PostgreSQL with <c>NotifyChanges</c>: what one does the other knows, though no time has passed.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class NotifiedNodesTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const string User = "ada";
    private const string Silence = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN tokenlifecycle'";

    private static readonly TokenKey Key = TokenApp.KeyOf(User);
    private static readonly TimeSpan CacheDuration = TimeSpan.FromSeconds(60);

    private TokenApp _app = null!;
    private ListeningNode _one = null!;
    private ListeningNode _other = null!;

    public async Task InitializeAsync()
    {
        _app = await TokenApp.StartAsync(postgres.Cluster);
        _one = await ListeningNode.StartAsync(_app);
        _other = await ListeningNode.StartAsync(_app);
    }

    public async Task DisposeAsync()
    {
        await _other.DisposeAsync();
        await _one.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task A_disconnect_at_one_node_is_seen_by_another_at_once()
    {
        long version = await ConnectAsync();

        await _one.Process.Tokens.DisconnectAsync(Key);
        await _other.Heard.ChangedAsync(Key, version);

        (await TokenApp.RefusalAsync(_other.Process, User)).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.NotConnected);
    }

    [Fact]
    public async Task A_rotation_at_one_node_is_seen_by_another_at_once()
    {
        long version = await ConnectAsync();

        AccessToken rotated = await _one.Process.Tokens.RefreshAsync(Key);
        await _other.Heard.ChangedAsync(Key, version);

        (await TokenApp.GetAsync(_other.Process, User)).Value.Should().Be(rotated.Value);
        _app.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task A_verdict_of_one_node_is_seen_by_another_at_once()
    {
        long version = await ConnectAsync();
        _app.Server.RevokeGrant(_app.UserOf(User));

        await FluentActions.Awaiting(() => _one.Process.Tokens.RefreshAsync(Key)).Should().ThrowAsync<ReauthorizationRequiredException>();
        await _other.Heard.ChangedAsync(Key, version);

        (await _other.Process.Tokens.GetStatusAsync(Key)).State.Should().Be(TokenState.ReauthorizationRequired);
    }

    [Fact]
    public async Task A_lost_connection_is_opened_again_and_changes_are_seen_at_once_as_before()
    {
        long version = await ConnectAsync();

        (await _app.Database.QueryAsync(Silence)).Should().Be(2L);
        await _other.Heard.ListeningAsync();
        await _one.Process.Tokens.DisconnectAsync(Key);
        await _other.Heard.ChangedAsync(Key, version);

        await TokenApp.RefusalAsync(_other.Process, User);
        _other.Lines.CountOf(202).Should().Be(1);
    }

    [Fact]
    public async Task What_happened_while_a_node_did_not_listen_is_seen_when_it_listens_again()
    {
        await ConnectAsync();

        await DeafenAsync();
        await _one.Process.Tokens.DisconnectAsync(Key);
        (await TokenApp.GetAsync(_other.Process, User)).Should().NotBeNull("nobody has told it");
        _other.Process.Log.Sending = null;
        _other.Clock.Advance(TimeSpan.FromSeconds(1));
        await _other.Heard.ListeningAsync();

        await TokenApp.RefusalAsync(_other.Process, User);
    }

    [Fact]
    public async Task A_node_that_cannot_listen_sees_a_disconnect_within_CacheDuration_and_says_once_that_it_is_deaf()
    {
        await ConnectAsync();

        await DeafenAsync();
        await _one.Process.Tokens.DisconnectAsync(Key);
        _other.Clock.Advance(CacheDuration - TimeSpan.FromTicks(1));
        (await TokenApp.GetAsync(_other.Process, User)).Should().NotBeNull();
        _other.Clock.Advance(TimeSpan.FromTicks(1));

        await TokenApp.RefusalAsync(_other.Process, User);
        _other.Lines.CountOf(202).Should().Be(1);

        // It goes on trying, less and less often, and so comes back by itself.
        long version = await ConnectAsync();
        await _other.Clock.WaitForTimersAsync(1);
        _other.Process.Log.Sending = null;
        _other.Clock.Advance(TimeSpan.FromSeconds(30));
        await _other.Heard.ListeningAsync();
        await _one.Process.Tokens.DisconnectAsync(Key);
        await _other.Heard.ChangedAsync(Key, version);
        await TokenApp.RefusalAsync(_other.Process, User);
    }

    [Fact]
    public async Task What_strangers_say_on_the_channel_changes_nothing()
    {
        long version = await ConnectAsync();

        await _app.Database.ExecuteAsync("NOTIFY tokenlifecycle, 'good morning'");
        await _app.Database.ExecuteAsync("NOTIFY tokenlifecycle");
        await _one.Process.Tokens.DisconnectAsync(Key);
        await _other.Heard.ChangedAsync(Key, version);

        await TokenApp.RefusalAsync(_other.Process, User);
        _other.Lines.CountOf(202).Should().Be(0);
    }

    /// <summary>Connects the user at one node, and has the other remember it.</summary>
    /// <returns>The version that it remembers.</returns>
    private async Task<long> ConnectAsync()
    {
        await _app.ConnectAsync(_one.Process, User);
        await TokenApp.GetAsync(_other.Process, User);
        return (await _other.Process.Store.FindAsync(Key, Rows.None))!.Version;
    }

    /// <summary>Ends the connections that listen, and lets the other node's attempts fail until its <c>Sending</c> is taken back. When this returns it waits for its clock.</summary>
    private async Task DeafenAsync()
    {
        _other.Process.Log.Sending = static sql =>
        {
            if (sql.StartsWith("LISTEN", StringComparison.Ordinal))
                throw new InvalidOperationException("It cannot listen now.");
        };
        await _app.Database.QueryAsync(Silence);
        await _other.Clock.WaitForTimersAsync(1);
    }
}
