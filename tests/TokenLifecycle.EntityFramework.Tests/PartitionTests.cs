using Microsoft.EntityFrameworkCore;
using Npgsql;
using TokenLifecycle.Options;
using TokenLifecycle.Postgres;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>F21: the way between one process and the database is cut in one direction, and nobody is told.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class PartitionTests(SharedPostgres postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F21_a_process_that_is_cut_off_from_the_database_in_one_direction_waits_no_longer_than_its_deadline_spends_no_token_and_the_others_go_on(bool answersAreLost)
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using Link link = new(postgres.Cluster.Port);
        await using StoreProcess cutOff = Behind(link, app);
        StoreProcess whole = app.NewProcess();
        await app.ConnectAsync(cutOff, "ada");
        await app.ConnectAsync(whole, "bob");
        app.Expire();
        TokenSet valid = await app.ConnectAsync(cutOff, "eve");
        if (answersAreLost)
            link.LoseAnswers();
        else
            link.LoseRequests();

        // The clock stands still while the other process works: it waits for nothing.
        Task<AccessToken> waiting = TokenApp.GetAsync(cutOff, "ada");
        await link.Lost;
        await TokenApp.GetAsync(whole, "bob");
        (await TokenApp.GetAsync(cutOff, "eve")).Value.Should().Be(valid.AccessToken);
        waiting.IsCompleted.Should().BeFalse();
        app.Clock.Advance(new TokenLifecycleOptions().SaveTimeout + TimeSpan.FromSeconds(1));

        (await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.StoreUnavailable);
        app.Refreshes.Should().Be(1, "that is bob's");

        // A lease whose answer was lost is nobody's, and runs out.
        await app.Database.AgeLeasesAsync(new TokenLifecycleOptions().LeaseDuration);
        AccessToken token = await TokenApp.GetAsync(whole, "ada");
        link.Heal();
        (await TokenApp.GetAsync(cutOff, "ada")).Value.Should().Be(token.Value);
        app.Refreshes.Should().Be(2);
        app.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F21_A13_a_caller_on_whose_thread_a_read_began_may_go_while_the_database_is_silent(bool answersAreLost)
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        await using Link link = new(postgres.Cluster.Port);
        await using StoreProcess cutOff = Behind(link, app);
        TokenSet ofAda = await app.ConnectAsync(app.NewProcess(), "ada");
        await app.ConnectAsync(app.NewProcess(), "bob");
        await TokenApp.GetAsync(cutOff, "bob");
        cutOff.Store.ReadsWithoutBlocking.Should().BeTrue();
        if (answersAreLost)
            link.LoseAnswers();
        else
            link.LoseRequests();
        using CancellationTokenSource patience = new();

        // Without the tests' synchronization context.
        Task<Task<AccessToken>> asking = Task.Factory.StartNew(
            () => cutOff.Tokens.GetAccessTokenAsync(TokenApp.KeyOf("ada"), patience.Token).AsTask(), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default);
        Task<AccessToken> waiting = await asking.WaitAsync(TimeSpan.FromSeconds(30));
        await link.Lost;
        await patience.CancelAsync();

        await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<OperationCanceledException>();
        Task<AccessToken> joined = TokenApp.GetAsync(cutOff, "ada");
        app.Clock.Advance(new TokenLifecycleOptions().SaveTimeout + TimeSpan.FromSeconds(1));
        (await FluentActions.Awaiting(() => joined).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.StoreUnavailable);
        link.Heal();
        (await TokenApp.GetAsync(cutOff, "ada")).Value.Should().Be(ofAda.AccessToken);
    }

    private static StoreProcess Behind(Link link, TokenApp app)
    {
        string way = new NpgsqlConnectionStringBuilder(app.Database.ConnectionString) { Port = link.Port, ApplicationName = "cut off" }.ConnectionString;
        return new(options => options.UseNpgsql(way), app.Clock, configure: builder => builder.AddProvider(TokenApp.Provider, app.Server.Configure));
    }
}
