using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Importing;
using TokenLifecycle.Storage;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Importing;

/// <summary>What an import writes, what it leaves alone, and what is left when it fails.</summary>
public sealed class TokenImporterTests
{
    [Fact]
    public async Task A_dry_run_is_the_default_and_does_everything_but_write()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        int saves = world.Store.CountOf("save");
        ImportRow[] rows = [world.Row(), world.Row("bob"), world.Row("eve", access: "1")];

        ImportReport dry = await world.ImportAsync(rows.ToAsyncEnumerable(), new ImportOptions());
        ImportReport none = await world.Services.GetRequiredService<TokenImporter>().ImportAsync(rows.ToAsyncEnumerable());

        world.Store.CountOf("save").Should().Be(saves);
        (dry.IsDryRun, none.IsDryRun).Should().Be((true, true));
        dry.ToString().Should().StartWith("Dry run, nothing was written. To import: 1. Refused: 2.").And.Be(none.ToString());

        // And it told the truth.
        ImportReport real = await world.ImportAsync(rows);
        real.Imported.Select(static row => row.ToString()).Should().Equal(dry.Imported.Select(static row => row.ToString()));
        real.Refused.Select(static row => row.ToString()).Should().Equal(dry.Refused.Select(static row => row.ToString()));
    }

    [Fact]
    public async Task A_second_run_changes_nothing_and_a_connected_user_keeps_what_they_have()
    {
        await using World world = await World.StartAsync();
        TokenSet own = await world.ConnectAsync();
        ImportRow[] rows = [world.Row(), world.Row("bob")];
        (await world.ImportAsync(rows)).Imported.Should().ContainSingle().Which.Key.UserId.Should().Be("bob");
        StoredToken bob = await world.StoredAsync(new TokenKey(World.Provider, "bob"));

        ImportReport again = await world.ImportAsync(rows);

        again.Imported.Should().BeEmpty();
        again.Refused.Should().HaveCount(2).And.OnlyContain(refusal => refusal.Reason == ImportRefusalReason.AlreadyConnected);
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(own.RefreshToken);
        (await world.StoredAsync(bob.Key)).Version.Should().Be(bob.Version);
    }

    [Fact]
    public async Task RF_14_Imported_tokens_belong_to_the_provider_and_client_of_now_and_no_provider_is_called()
    {
        await using World world = await World.StartAsync();

        await world.ImportAsync(world.Row());

        StoredToken row = await world.StoredAsync();
        row.Tokens.Issuer.Should().Be(world.Server.TokenEndpoint.Address.GetLeftPart(UriPartial.Authority));
        row.Tokens.ClientId.Should().NotBeNullOrEmpty();
        row.NextRefreshAt.Should().BeBefore(row.Tokens.ExpiresAt!.Value).And.BeAfter(row.ReceivedAt);
        world.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "BG-2")]
    public async Task Connections_that_are_all_due_at_once_are_not_all_refreshed_at_once()
    {
        await using World world = await World.StartAsync();
        DateTimeOffset now = world.Clock.GetUtcNow();

        await world.ImportAsync(Enumerable.Range(0, 60).Select(user => world.Row($"u{user}", expiresAt: now.AddDays(-1))).ToAsyncEnumerable());

        var due = new List<DateTimeOffset>();
        foreach (int user in Enumerable.Range(0, 60))
            due.Add((await world.StoredAsync(new TokenKey(World.Provider, $"u{user}"))).NextRefreshAt!.Value);
        due.Should().OnlyContain(at => at >= now && at <= now + TimeSpan.FromMinutes(15));
        (due.Max() - due.Min()).Should().BeGreaterThan(TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task Who_asks_for_an_imported_token_that_has_ended_does_not_wait_for_the_spread()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = world.Server.IssueTokens(world.User, "read");
        await world.ImportAsync(world.Row(access: tokens.AccessToken, refresh: tokens.RefreshToken, expiresAt: world.Clock.GetUtcNow().AddDays(-90)));

        AccessToken token = await world.GetAsync();

        world.Server.IsLive(token.Value).Should().BeTrue();
        token.Value.Should().NotBe(tokens.AccessToken);
        (await world.StoredAsync()).Tokens.RefreshToken.Should().NotBe(tokens.RefreshToken, "the server rotates");
    }

    [Theory]
    [InlineData("find")]
    [InlineData("save")]
    public async Task A_store_that_fails_ends_the_import_with_a_report_and_the_next_run_does_the_rest(string failing)
    {
        await using World world = await World.StartAsync();
        ImportRow[] rows = [world.Row("a"), world.Row("b", access: "1"), world.Row("c"), world.Row("d")];
        int calls = 0;
        world.Store.Before = name => name == failing && ++calls > 1 ? Task.FromException(new IOException("The store is down.")) : Task.CompletedTask;

        ImportReport stopped = await world.ImportAsync(rows);

        stopped.Imported.Should().ContainSingle().Which.Key.UserId.Should().Be("a");
        (stopped.Refused.Count, stopped.NotReached, stopped.Rows).Should().Be((1, 2, 4));
        stopped.Failure.Should().NotBeNull();
        stopped.ToString().Should().StartWith("STOPPED");
        world.Store.Recover();

        ImportReport rest = await world.ImportAsync(rows);

        rest.Failure.Should().BeNull();
        rest.Imported.Select(static row => row.Key.UserId).Should().Equal("c", "d");
    }

    [Fact]
    public async Task A_save_whose_answer_is_lost_is_settled_by_reading()
    {
        await using World world = await World.StartAsync();
        world.Store.After = name => name == "save" ? Task.FromException(new IOException("The answer is lost.")) : Task.CompletedTask;

        ImportReport report = await world.ImportAsync(world.Row());

        report.Failure.Should().BeNull();
        report.Imported.Should().ContainSingle();
    }

    [Fact]
    public async Task Whoever_connects_while_the_import_runs_keeps_what_they_got()
    {
        await using World world = await World.StartAsync();
        TokenSet own = world.Server.IssueTokens(world.User, "read");
        bool raced = false;
        world.Store.Before = async name =>
        {
            if (name != "save" || raced)
                return;
            raced = true;
            await world.StoreBehindAsync(own);
        };

        ImportReport report = await world.ImportAsync(world.Row());

        report.Refused.Should().ContainSingle().Which.Reason.Should().Be(ImportRefusalReason.AlreadyConnected);
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(own.RefreshToken);
    }

    [Fact]
    public async Task I3_A_stored_row_that_cannot_be_read_is_left_alone()
    {
        await using World world = await World.StartAsync();
        world.Store.Before = name => name == "find" ? Task.FromException(new UnreadableTokenException(world.Key, "its key is missing.")) : Task.CompletedTask;

        await world.RefusedAsync(world.Row(), ImportRefusalReason.StoredRowUnreadable);
    }

    [Fact]
    public async Task An_import_ends_when_its_caller_does_and_a_spread_must_make_sense()
    {
        await using World world = await World.StartAsync();
        var importer = world.Services.GetRequiredService<TokenImporter>();
        IAsyncEnumerable<ImportRow> rows = new[] { world.Row() }.ToAsyncEnumerable();

        await importer.Invoking(i => i.ImportAsync(rows, ImportWorld.ForReal, new CancellationToken(canceled: true))).Should().ThrowAsync<OperationCanceledException>();
        await importer.Invoking(i => i.ImportAsync(rows, new ImportOptions { RefreshSpread = TimeSpan.FromSeconds(-1) })).Should().ThrowAsync<ArgumentOutOfRangeException>();
        await importer.Invoking(i => i.ImportAsync(rows, new ImportOptions { RefreshSpread = TimeSpan.FromDays(2) })).Should().ThrowAsync<ArgumentOutOfRangeException>();

        world.Store.Calls.Should().BeEmpty();
    }
}
