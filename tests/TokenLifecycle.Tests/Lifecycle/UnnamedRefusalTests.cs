using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>C6, C7: refusals that do not say that the grant is dead.</summary>
public sealed class UnnamedRefusalTests
{
    [Theory]
    [InlineData(400, """{"error":"bad_refresh_token"}""")]
    [InlineData(401, """{"code":"refresh_token_not_found"}""")]
    [InlineData(404, """{"type":"error","error":{"type":"not_found_error"}}""")]
    [InlineData(200, """{"error":"Access Denied"}""")]
    public async Task C6_A_code_of_the_providers_own_means_what_its_table_says(int status, string body)
    {
        await using World world = await World.StartAsync(provider: o =>
        {
            o.ErrorRules.Add(new TokenErrorRule { Path = "error", Value = "bad_refresh_token", Kind = TokenErrorKind.InvalidGrant });
            o.ErrorRules.Add(new TokenErrorRule { Path = "code", Value = "refresh_token_not_found", Kind = TokenErrorKind.InvalidGrant });
            o.ErrorRules.Add(new TokenErrorRule { Status = 404, Path = "error.type", Value = "not_found_error", Kind = TokenErrorKind.InvalidGrant });
            o.ErrorRules.Add(new TokenErrorRule { Path = "error", Value = "Access Denied", Kind = TokenErrorKind.RateLimited });
        });
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body));

        TokenException refusal = await world.RefusalAsync();

        if (status == 200)
            refusal.Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.RateLimited);
        else
            refusal.Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
    }

    [Fact]
    public async Task C6_An_unknown_refusal_ends_a_connection_only_after_many_over_a_whole_day()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, """{"error":"computer_says_no"}"""));

        for (int hour = 0; hour < 24; hour++)
        {
            (await world.RefusalAsync()).Should().BeOfType<TokenTemporarilyUnavailableException>($"at hour {hour}").Which.Kind.Should().Be(TokenFailureKind.UnknownRejection);
            (await world.StoredAsync()).Reauthorization.Should().BeNull();
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        (await world.RefusalAsync()).Should().BeOfType<ReauthorizationRequiredException>().Which.Reason.Should().Be(ReauthorizationReason.RepeatedUnknownRejection);
        world.Refreshes.Should().Be(25);
        StoredToken row = await world.StoredAsync();
        row.Tokens.RefreshToken.Should().Be(old.RefreshToken);
        row.Failure!.Attempts.Should().Be(25);
    }

    [Fact]
    public async Task C6_Few_unknown_refusals_end_nothing_however_long_they_last()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, """{"error":"computer_says_no"}"""));

        for (int call = 0; call < 4; call++)
        {
            (await world.RefusalAsync()).Should().BeOfType<TokenTemporarilyUnavailableException>();
            world.Clock.Advance(TimeSpan.FromDays(2));
        }

        (await world.StoredAsync()).Reauthorization.Should().BeNull();
    }

    [Fact]
    public async Task C6_An_answer_of_another_kind_in_between_begins_the_count_anew()
    {
        await using World world = await World.StartAsync();
        await world.ConnectExpiredAsync();
        for (int hour = 0; hour < 40; hour++)
        {
            world.Server.TokenEndpoint.FailNext(hour == 20 ? Fault.Status(503) : Fault.Body(400, """{"error":"computer_says_no"}"""));
            (await world.RefusalAsync()).Should().BeOfType<TokenTemporarilyUnavailableException>($"at hour {hour}");
            world.Clock.Advance(TimeSpan.FromHours(1));
        }

        (await world.StoredAsync()).Reauthorization.Should().BeNull();
    }

    [Fact]
    public async Task C7_invalid_request_is_asked_once_more_at_once()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Body(400, """{"error":"invalid_request"}"""));

        (await world.Tokens.GetAccessTokenAsync(world.Key)).Value.Should().NotBe(old.AccessToken);

        world.Refreshes.Should().Be(2);
    }

    [Fact]
    public async Task C7_invalid_request_twice_is_a_failure_that_waits_and_ends_nothing()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, """{"error":"invalid_request"}"""));

        TokenException first = await world.RefusalAsync();
        TokenException second = await world.RefusalAsync();

        first.Should().BeOfType<TokenTemporarilyUnavailableException>();
        second.Should().BeOfType<TokenTemporarilyUnavailableException>();
        world.Refreshes.Should().Be(2);
        StoredToken row = await world.StoredAsync();
        row.Reauthorization.Should().BeNull();
        row.Tokens.RefreshToken.Should().Be(old.RefreshToken);
    }
}
