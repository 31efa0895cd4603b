using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What a status says, and that callers get what it says (incident A).</summary>
public sealed class StatusTests
{
    private static readonly Gen<Facts> AnyFacts =
        from left in Gen.OneOf(Gen.Constant((int?)null), Gen.Choose(-3600, 3600).Select(s => (int?)s), Gen.Elements<int?>(0, 1, 29, 30, 300))
        from reason in Gen.Frequency((3, Gen.Constant((ReauthorizationReason?)null)), (1, Gen.Elements(Enum.GetValues<ReauthorizationReason>()).Select(r => (ReauthorizationReason?)r)))
        from renewable in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false)))
        from exists in Gen.Frequency((9, Gen.Constant(true)), (1, Gen.Constant(false)))
        from pause in Gen.OneOf(Gen.Constant((int?)null), Gen.Choose(-60, 300).Select(s => (int?)s))
        from up in Gen.Elements(true, false)
        select new Facts(left, reason, renewable, exists, pause, up);

    [Theory]
    [Trait("Rule", "Law 7")]
    [Trait("Rule", "G2")]
    [InlineData(ReauthorizationPolicy.ServeUntilExpiry)]
    [InlineData(ReauthorizationPolicy.FailFast)]
    public async Task Incident_A_Status_and_callers_never_disagree_in_any_state(ReauthorizationPolicy policy)
    {
        await using World world = await World.StartAsync(options: o => o.WhenReauthorizationRequired = policy);
        int count = 0;
        Prop.ForAll(AnyFacts.ToArbitrary(), facts => Task.Run(() => AgreesAsync(world, policy, facts, ++count)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public async Task A_status_tells_all_but_secrets()
    {
        await using World world = await World.StartAsync(provider: o =>
        {
            o.Scopes = ["read", "write", "delete"];
            o.ReconnectPath = "/connections/acme";
        });
        TokenSet saved = await world.ConnectAsync();
        DateTimeOffset connected = world.Clock.GetUtcNow();

        ConnectionStatus status = await world.StatusAsync();

        status.State.Should().Be(TokenState.Valid);
        status.Key.Should().Be(world.Key);
        status.Reason.Should().BeNull();
        status.ExpiresAt.Should().Be(saved.ExpiresAt);
        status.GrantedScopes.Should().Equal("read");
        status.MissingScopes.Should().Equal("write", "delete");
        status.AccountId.Should().Be(world.User.AccountId);
        status.LastRefreshedAt.Should().Be(connected);
        status.LastFailure.Should().BeNull();
        status.ReconnectPath.Should().Be("/connections/acme");
        status.NextAttemptAt.Should().BeOnOrAfter(saved.ExpiresAt!.Value - TimeSpan.FromMinutes(5)).And.BeBefore(saved.ExpiresAt.Value);
        status.ToString().Should().Be($"{world.Key}: Valid");
    }

    [Fact]
    public async Task A_status_tells_the_failure_and_the_next_attempt_and_no_attempt_where_none_will_be_made()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        var refusal = (TokenTemporarilyUnavailableException)await world.RefusalAsync();
        ConnectionStatus failed = await world.StatusAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        world.Server.RevokeGrant(world.User);
        await world.RefusalAsync();
        ConnectionStatus ended = await world.StatusAsync();
        var other = new TokenKey(World.Provider, "no refresh token");
        await world.Tokens.SaveAsync(other, Rows.Tokens(TimeSpan.FromHours(2), refreshToken: null, world.Clock.GetUtcNow()));

        (failed.LastFailure!.Kind, failed.LastFailure.HttpStatus, failed.LastFailure.Attempts).Should().Be((TokenFailureKind.ProviderUnavailable, 503, 1));
        failed.NextAttemptAt.Should().BeCloseTo(failed.LastFailure.At + refusal.RetryAfter, TimeSpan.FromSeconds(1));
        (ended.State, ended.Reason, ended.NextAttemptAt).Should().Be((TokenState.ReauthorizationRequired, ReauthorizationReason.GrantRejected, null));
        (await world.StatusAsync(other)).Should().Match<ConnectionStatus>(s => s.State == TokenState.Valid && s.NextAttemptAt == null);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_an_answer_and_is_left_alone()
    {
        await using World world = await World.StartAsync(provider: o => o.ReconnectPath = "/connections/acme");
        await world.ConnectAsync();
        ITokenManager other = world.NewProcess().GetRequiredService<ITokenManager>();
        world.Store.Before = _ => Task.FromException(new UnreadableTokenException(world.Key, "the key ring is gone"));

        ConnectionStatus status = await other.GetStatusAsync(world.Key);

        (status.State, status.LastFailure!.Kind, status.ReconnectPath).Should().Be((TokenState.Unreadable, TokenFailureKind.Unreadable, "/connections/acme"));
        Func<Task>[] calls =
        [
            async () => await other.GetAccessTokenAsync(world.Key),
            async () => await other.RefreshAsync(world.Key),
            async () => await other.SaveAsync(world.Key, world.Server.IssueTokens(world.User)),
        ];
        foreach (Func<Task> call in calls)
            (await call.Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which.Kind.Should().Be(TokenFailureKind.Unreadable);
        world.Store.Recover();
        (await world.StoredAsync()).Reauthorization.Should().BeNull();
        world.Server.Log.TokenRequests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_status_calls_no_provider_and_needs_no_store_while_the_connection_is_remembered()
    {
        await using World world = await World.StartAsync();
        await world.ConnectAsync();
        world.Store.Fail("find");
        world.Clock.Advance(TimeSpan.FromMinutes(58));

        (await world.StatusAsync()).State.Should().Be(TokenState.ExpiringSoon);
        await FluentActions.Awaiting(() => world.StatusAsync(new TokenKey(World.Provider, "nobody"))).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        await FluentActions.Awaiting(() => world.StatusAsync(new TokenKey("nowhere", "ada"))).Should().ThrowAsync<ProviderConfigurationException>();
        world.Refreshes.Should().Be(0);
    }

    private static async Task<bool> AgreesAsync(World world, ReauthorizationPolicy policy, Facts facts, int count)
    {
        var key = new TokenKey(World.Provider, $"user-{count}");
        TokenSet issued = world.Server.IssueTokens(world.User, "read");
        DateTimeOffset now = world.Clock.GetUtcNow();
        if (facts.Exists)
        {
            var tokens = new TokenSet
            {
                AccessToken = issued.AccessToken,
                RefreshToken = facts.Renewable ? issued.RefreshToken : null,
                IssuedAt = now - TimeSpan.FromHours(1),
                ExpiresAt = facts.Left is { } left ? now + TimeSpan.FromSeconds(left) : null,
            };
            StoredToken row = Rows.Row(tokens, StoredToken.Unsaved, facts.Reason, facts.Pause is null ? null : Rows.FailedAt(now), facts.Pause is { } pause ? now + TimeSpan.FromSeconds(pause) : null, key: key);
            await world.Store.Inner.SaveAsync(row, StoredToken.Unsaved, CancellationToken.None);
        }

        world.Server.TokenEndpoint.Recover();
        if (!facts.Up)
            world.Server.TokenEndpoint.FailAlways(Fault.Status(500));
        ConnectionStatus status = await world.StatusAsync(key);
        (AccessToken? token, TokenException? refusal) = await world.TryGetAsync(key);
        bool dead = status.State is TokenState.ReauthorizationRequired or TokenState.Missing;
        bool live = facts.Left is null or > 0;
        (status.Reason is not null).Should().Be(dead);
        status.State.Should().NotBe(TokenState.Unreadable);
        switch (status.State)
        {
            case TokenState.Valid or TokenState.ExpiringSoon:
                token.Should().NotBeNull("a valid token is served whatever fails");
                token!.ReauthorizationRequired.Should().BeFalse();
                break;
            case TokenState.Expired:
                (token is null ? refusal is TokenTemporarilyUnavailableException : token.Value != issued.AccessToken).Should().BeTrue("an expired token is never returned");
                break;
            case TokenState.ReauthorizationRequired when live && policy == ReauthorizationPolicy.ServeUntilExpiry:
                token!.Value.Should().Be(issued.AccessToken);
                token.ReauthorizationRequired.Should().BeTrue();
                break;
            default:
                refusal.Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(status.Reason);
                break;
        }

        await world.IdleAsync();
        ConnectionStatus after = await world.StatusAsync(key);
        if (dead)
            after.State.Should().Be(status.State);
        if (token is not null && !dead)
            after.State.Should().BeOneOf(TokenState.Valid, TokenState.ExpiringSoon);
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        return true;
    }

    private sealed record Facts(int? Left, ReauthorizationReason? Reason, bool Renewable, bool Exists, int? Pause, bool Up);
}
