using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What SaveAsync refuses, and what it does when the store fails or somebody else saves.</summary>
public sealed class SaveTests
{
    public static TheoryData<string, string, string?> Unusable => new()
    {
        { "an account id", "123456789", "9" },
        { "the very account id", "athlete-" + Canary.Mark, "athlete-" + Canary.Mark },
        { "empty", "", null },
        { "CR LF", Canary.New("access") + "\r\nX-Evil: 1", null },
        { "NUL", Canary.New("access") + "\0", null },
        { "a space", Canary.New("access") + " b", null },
        { "a comma", Canary.New("access") + ",b", null },
        { "quoted", "\"" + Canary.New("access") + "\"", null },
        { "not ASCII", Canary.New("access") + "é", null },
        { "percent-encoded", Canary.New("access") + "%2B", null },
        { "only padding", "====", null },
        { "too long", Canary.New("access").PadRight((32 * 1024) + 1, 'a'), null },
    };

    public static TheoryData<string, string> UnusableRefreshTokens => new()
    {
        { "empty", "" },
        { "CR LF", Canary.New("refresh") + "\r\n" },
        { "not ASCII", Canary.New("refresh") + "é" },
        { "too long", Canary.New("refresh").PadRight((8 * 1024) + 1, 'a') },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task AT_8_What_cannot_be_an_access_token_is_refused_and_the_old_tokens_stay(string name, string accessToken, string? accountId)
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectAsync();

        await RefusedAsync(world, name, new TokenSet { AccessToken = accessToken, AccountId = accountId });

        (await world.GetAsync()).Value.Should().Be(old.AccessToken);
    }

    [Theory]
    [MemberData(nameof(UnusableRefreshTokens))]
    public async Task AT_8_What_cannot_be_a_refresh_token_is_refused(string name, string refreshToken)
    {
        await using World world = await World.StartAsync();

        await RefusedAsync(world, name, new TokenSet { AccessToken = Canary.New("access"), RefreshToken = refreshToken });

        await world.ReauthorizationAsync(ReauthorizationReason.NotConnected);
    }

    [Theory]
    [InlineData("abc123")]
    [InlineData("ya29.a0-_~+/b==")]
    [InlineData("123456789012345678901")]
    public async Task What_can_be_an_access_token_is_taken(string token)
    {
        await using World world = await World.StartAsync();
        string marked = token.TrimEnd('=').All(char.IsAsciiDigit) ? token : Canary.Mark + token;

        await world.Tokens.SaveAsync(world.Key, new TokenSet { AccessToken = marked });

        (await world.GetAsync()).Value.Should().Be(marked);
    }

    [Fact]
    public async Task A_refresh_that_is_stored_in_between_gives_way_to_what_the_user_has_just_done()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        TokenSet mine = world.Server.IssueTokens(world.User, "read");
        int refreshed = 0;
        world.Store.Before = async name =>
        {
            if (name != "save" || refreshed++ > 0)
                return;
            await world.StoreBehindAsync(world.Server.IssueTokens(world.User, "read"));
        };

        await world.Tokens.SaveAsync(world.Key, mine);

        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(mine.RefreshToken);
        (await world.GetAsync()).Value.Should().Be(mine.AccessToken);
    }

    [Fact]
    public async Task A_row_that_changes_without_end_ends_in_an_error_and_not_in_a_loop()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Store.Before = name => name == "save" ? world.StoreBehindAsync(world.Server.IssueTokens(world.User, "read")) : Task.CompletedTask;

        await FluentActions.Awaiting(() => world.Tokens.SaveAsync(world.Key, world.Server.IssueTokens(world.User, "read")))
            .Should().ThrowAsync<TokenTemporarilyUnavailableException>();
    }

    [Fact]
    public async Task A_save_whose_answer_was_lost_is_no_failure()
    {
        await using World world = await World.StartAsync();
        world.Store.After = name => name == "save" ? Task.FromException(new IOException("The answer was lost.")) : Task.CompletedTask;

        TokenSet tokens = await world.ConnectAsync();

        (await world.GetAsync()).Value.Should().Be(tokens.AccessToken);
        (await world.StoredAsync()).Tokens.AccessToken.Should().Be(tokens.AccessToken);
    }

    [Fact]
    public async Task A_reconnect_while_a_save_is_delayed_replaces_what_lives_in_memory()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Store.Fail("save");
        await world.GetAsync();
        world.Store.Recover();

        TokenSet mine = await world.ConnectAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(2));

        (await world.GetAsync()).Value.Should().Be(mine.AccessToken);
        (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(mine.RefreshToken);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_not_overwritten()
    {
        await using World world = await World.StartAsync();
        world.Store.Before = name => Task.FromException(new UnreadableTokenException(world.Key, "the key is missing."));

        (await FluentActions.Awaiting(() => world.ConnectAsync()).Should().ThrowAsync<TokenTemporarilyUnavailableException>())
            .Which.Kind.Should().Be(TokenFailureKind.Unreadable);

        world.Store.Calls.Should().NotContain("save");
    }

    private static async Task RefusedAsync(World world, string name, TokenSet tokens)
    {
        string message = (await FluentActions.Awaiting(() => world.Tokens.SaveAsync(world.Key, tokens)).Should().ThrowAsync<ArgumentException>(name)).Which.Message;

        message.Should().NotContain(Canary.Mark);
        if (tokens.AccessToken.Length > 0)
            message.Should().NotContain(tokens.AccessToken);
    }
}
