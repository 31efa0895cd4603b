using TokenLifecycle.Storage;

namespace TokenLifecycle.Testing.Tests;

public sealed class RotationTests
{
    [Fact]
    public async Task Of_200_parallel_redemptions_of_one_refresh_token_one_succeeds_and_the_family_is_revoked()
    {
        await using Talk talk = await Talk.WithAsync();
        TokenSet tokens = talk.Issue();

        Talk.Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => talk.RefreshAsync(tokens.RefreshToken!)));

        answers.Count(answer => answer.Status == 200).Should().Be(1);
        answers.Where(answer => answer.Status != 200).Should().OnlyContain(answer => answer.Status == 400);
        talk.Server.IsLive(answers.Single(answer => answer.Status == 200).RefreshToken).Should().BeFalse();
        ServerLog log = talk.Server.Log;
        (log.ReusedRefreshTokens, log.MaxPresentations, log.FamiliesRevoked).Should().Be((1, 200, 1));
        log.RefreshRequests[^1].AttemptCount.Should().Be(200);
        log.RefreshRequests[0].RefreshTokenFingerprint.Should().Be(TokenFingerprint.Of(tokens.RefreshToken!));
    }

    [Fact]
    public async Task A_careful_client_leaves_no_reuse_in_the_log()
    {
        await using Talk talk = await Talk.WithAsync();
        string token = talk.Issue().RefreshToken!;

        for (int i = 0; i < 5; i++) token = (await talk.RefreshAsync(token)).RefreshToken;

        ServerLog log = talk.Server.Log;
        (log.ReusedRefreshTokens, log.MaxPresentations, log.FamiliesRevoked).Should().Be((0, 1, 0));
        log.RefreshRequests.Select(request => request.Generation).Should().Equal(1, 2, 3, 4, 5);
        log.RefreshRequests.Should().OnlyContain(request => request.Family == "family-1" && request.User == "user");
        talk.Server.IsLive(token).Should().BeTrue();
    }

    [Fact]
    public async Task Inside_the_grace_the_same_pair_is_returned_and_after_it_the_family_dies()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.ReuseGrace = TimeSpan.FromSeconds(30));
        string old = talk.Issue().RefreshToken!;
        Talk.Answer first = await talk.RefreshAsync(old);

        talk.Clock.Advance(TimeSpan.FromSeconds(30));
        Talk.Answer second = await talk.RefreshAsync(old);
        int reusedInside = talk.Server.Log.ReusedRefreshTokens;
        talk.Clock.Advance(TimeSpan.FromTicks(1));
        Talk.Answer third = await talk.RefreshAsync(old);

        (second.AccessToken, second.RefreshToken).Should().Be((first.AccessToken, first.RefreshToken));
        (reusedInside, third.Status, talk.Server.Log.ReusedRefreshTokens).Should().Be((0, 400, 1));
        talk.Server.IsLive(first.RefreshToken).Should().BeFalse();
    }

    [Fact]
    public async Task Inside_the_grace_a_new_pair_is_returned_if_the_options_say_so()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => (options.ReuseGrace, options.GraceReply) = (TimeSpan.MaxValue, GraceReply.NewPair));
        string old = talk.Issue().RefreshToken!;

        Talk.Answer first = await talk.RefreshAsync(old);
        Talk.Answer second = await talk.RefreshAsync(old);

        second.RefreshToken.Should().NotBe(first.RefreshToken);
        (talk.Server.IsLive(first.RefreshToken), talk.Server.IsLive(second.RefreshToken), talk.Server.IsLive(old)).Should().Be((true, true, false));
    }

    [Fact]
    public async Task A_static_refresh_token_stays_good()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.Rotation = Rotation.Static);
        string token = talk.Issue().RefreshToken!;

        for (int i = 0; i < 3; i++) (await talk.RefreshAsync(token)).RefreshToken.Should().Be(token);

        talk.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    public async Task Refresh_tokens_die_of_idleness_and_of_age()
    {
        await using Talk talk = await Talk.WithAsync(configure: options =>
            (options.RefreshTokenIdleLifetime, options.RefreshTokenLifetime, options.Rotation) = (TimeSpan.FromDays(2), TimeSpan.FromDays(5), Rotation.Static));
        string idle = talk.Issue().RefreshToken!;
        string busy = talk.Issue().RefreshToken!;
        var statuses = new List<int>();

        for (int day = 1; day <= 5; day++)
        {
            talk.Clock.Advance(TimeSpan.FromDays(1));
            statuses.Add((await talk.RefreshAsync(busy)).Status);
        }

        statuses.Should().Equal(200, 200, 200, 200, 400);
        (await talk.RefreshAsync(idle)).Status.Should().Be(400);
    }

    [Fact]
    public async Task A_refresh_may_ask_for_less_and_not_for_more()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.Rotation = Rotation.Static);
        string token = talk.Issue("a", "b").RefreshToken!;

        (await talk.RefreshAsync(token, ("scope", "a"))).Json["scope"]!.ToString().Should().Be("a");
        (await talk.RefreshAsync(token, ("scope", "a c"))).Json["error"]!.ToString().Should().Be("invalid_scope");
    }

    [Fact]
    public async Task A_revoked_grant_answers_no_more_and_is_not_called_reuse()
    {
        await using Talk talk = await Talk.WithAsync();
        TokenSet tokens = talk.Issue();

        talk.Server.RevokeGrant(talk.Server.SignedInUser);

        (await talk.RefreshAsync(tokens.RefreshToken!)).Json["error"]!.ToString().Should().Be("invalid_grant");
        (await talk.ApiAsync("/api/me", tokens.AccessToken)).Status.Should().Be(401);
        talk.Server.Log.ReusedRefreshTokens.Should().Be(0);
    }

    [Fact]
    public async Task A_server_without_refresh_tokens_issues_none()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.Rotation = Rotation.NoRefreshToken);

        talk.Issue().RefreshToken.Should().BeNull();
    }
}
