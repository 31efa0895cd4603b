namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What a process learns while a call of it waits: a slow store's answer must not undo it, and a caller who has waited must get it.</summary>
public sealed class LateReadTests
{
    [Fact]
    public async Task A_read_that_began_before_the_user_reconnected_does_not_end_the_new_connection()
    {
        await using World world = await World.StartAsync(options: o => o.CacheDuration = TimeSpan.Zero);
        await world.ConnectAsync();
        await world.Store.Inner.DeleteAsync(world.Key, CancellationToken.None); // Another process has ended the connection.
        TaskCompletionSource late = HoldAnswer(world, "find");
        Task read = world.Store.NextAsync("find", done: true);
        Task<AccessToken> first = world.Tokens.RefreshAsync(world.Key);
        await read;

        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        await world.Tokens.SaveAsync(world.Key, newer);
        Task<AccessToken> second = world.GetAsync();
        late.SetResult();

        // The forced refresh is a refresh of the new connection by now, and may be over before the others have asked.
        string[] sound = [newer.AccessToken, (await first).Value];
        (await second).Value.Should().BeOneOf(sound);
        (await world.GetAsync()).Value.Should().BeOneOf(sound);
    }

    [Fact]
    public async Task A_forced_refresh_hands_out_no_token_that_ended_while_it_waited_for_the_store()
    {
        await using World world = await World.StartAsync();
        TokenSet tokens = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(5));
        TokenSet other = tokens with { AccessToken = tokens.AccessToken + "2" };
        TaskCompletionSource late = HoldAnswer(world, "end");
        Task reached = world.Store.NextAsync("end", done: true);
        Task begun = world.Store.NextAsync("begin");
        var gate = new TaskCompletionSource();
        world.Store.Before = name => name == "begin" ? gate.Task : Task.CompletedTask;

        Task<AccessToken> forced = world.Tokens.RefreshAsync(world.Key);
        await begun;
        await world.StoreBehindAsync(other); // Another process has got a token, which ends in five seconds.
        gate.SetResult();
        await reached;
        world.Clock.Advance(TimeSpan.FromSeconds(6));
        late.SetResult();

        (await ((Func<Task>)(() => forced)).Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.ExpiredTokenReturned);
    }

    [Fact]
    public async Task A_caller_whose_refresh_fails_gets_the_token_that_was_read_meanwhile()
    {
        await using World world = await World.StartAsync(options: o => o.CacheDuration = TimeSpan.Zero);
        await world.ConnectExpiredAsync();
        Task begun = world.Store.NextAsync("begin");
        var gate = new TaskCompletionSource();
        world.Store.Before = name => name == "begin" ? gate.Task : Task.CompletedTask;
        Task<AccessToken> get = world.GetAsync();
        await begun;

        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        await world.StoreBehindAsync(newer);
        (await world.GetAsync()).Value.Should().Be(newer.AccessToken, "this call has read it");
        gate.SetException(new IOException("The connection to the store is lost."));

        (await get).Value.Should().Be(newer.AccessToken);
    }

    /// <summary>Holds the answers of one step until the result is set; the step itself is done.</summary>
    private static TaskCompletionSource HoldAnswer(World world, string step)
    {
        var held = new TaskCompletionSource();
        bool isFirst = true;
        world.Store.After = name =>
        {
            if (name != step || !isFirst)
                return Task.CompletedTask;
            isFirst = false;
            return held.Task;
        };
        return held;
    }
}
