using TokenLifecycle.Options;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Testing.Tests;

public sealed class ServerTests
{
    [Fact]
    public async Task Configuring_points_a_provider_here_and_leaves_its_other_settings_alone()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Strava);
        var options = new OAuthProviderOptions { Environment = "sandbox", ScopeSeparator = ",", Pkce = PkceMode.Off, Scopes = ["read"], Issuer = "https://issuer.example" };

        talk.Server.Configure(options);

        string origin = talk.Server.Address.GetLeftPart(UriPartial.Authority);
        options.Environment.Should().BeNull();
        options.AuthorizationEndpoint.Should().Be(origin + "/oauth/authorize");
        options.TokenEndpoint.Should().Be(origin + "/oauth/token");
        options.RevocationEndpoint.Should().Be(origin + "/oauth/revoke");
        options.UserInfoEndpoint.Should().Be(origin + "/api/v3/athlete");
        options.ApiOrigins.Should().Equal(origin);
        (options.ClientId, options.ClientSecret, options.AllowHttpOnLoopback).Should().Be((talk.Server.ClientId, talk.Server.ClientSecret, true));
        (options.ScopeSeparator, options.Pkce, options.Scopes.Single(), options.Issuer).Should().Be((",", PkceMode.Off, "read", "https://issuer.example"));
    }

    [Theory]
    [InlineData(Dialect.Rfc6749)]
    [InlineData(Dialect.Strava)]
    [InlineData(Dialect.TrainingPeaks)]
    [InlineData(Dialect.Google)]
    public async Task Every_secret_carries_the_mark_and_nothing_that_is_printed_does(Dialect dialect)
    {
        await using Talk talk = await Talk.WithAsync(dialect);
        string code = (await talk.CallbackAsync("&access_type=offline"))["code"];
        Talk.Answer tokens = await talk.RedeemAsync(code);
        await talk.RefreshAsync(tokens.RefreshToken);
        await talk.ApiAsync("/api/echo", tokens.AccessToken);
        await talk.PostAsync(talk.Server.RevocationEndpoint.Address, ("token", tokens.RefreshToken));

        new[] { code, tokens.AccessToken, tokens.RefreshToken, talk.Server.ClientSecret }.Should().OnlyContain(secret => secret.Contains(Canary.Mark));
        ServerLog log = talk.Server.Log;
        IEnumerable<object> printed = [log, .. log.Requests, .. log.TokenRequests, .. log.Revocations, .. log.ApiCalls, talk.Server, talk.Server.Options];
        printed.Select(entry => entry.ToString()).Should().OnlyContain(text => !text!.Contains(Canary.Mark));
        IEnumerable<object> entries = [.. log.Requests, .. log.TokenRequests, .. log.Revocations, .. log.ApiCalls];
        entries.Select(entry => System.Text.Json.JsonSerializer.Serialize(entry)).Should().OnlyContain(text => !text.Contains(Canary.Mark));
    }

    [Fact]
    public async Task Every_request_is_recorded_whole()
    {
        await using Talk talk = await Talk.WithAsync();
        await talk.SendAsync(new Uri(talk.Server.TokenEndpoint.Address, "?a=b%20c"), "Basic eDp5", ("grant_type", "refresh_token"), ("refresh_token", "r"));

        RecordedRequest request = talk.Server.Log.Requests.Single();

        (request.Method, request.Path, request.Query, request.Body).Should().Be(("POST", "/oauth/token", "?a=b%20c", "grant_type=refresh_token&refresh_token=r"));
        (request.Header("authorization"), request.Header("User-Agent")).Should().Be(("Basic eDp5", null));
        talk.Server.Log.TokenRequests.Single().Parameters.Should().Equal("grant_type", "refresh_token");
    }

    [Fact]
    public async Task Issued_tokens_are_complete_and_live()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.TrainingPeaks);
        SimulatedUser ada = talk.Server.AddUser("ada", "77");

        TokenSet tokens = talk.Server.IssueTokens(ada, "athlete:profile");

        (tokens.AccountId, tokens.Lifetime, tokens.ClientId, tokens.Issuer).Should()
            .Be(("77", TimeSpan.FromMinutes(10), talk.Server.ClientId, talk.Server.Address.GetLeftPart(UriPartial.Authority)));
        (await talk.ApiAsync("/v1/athlete/profile", tokens.AccessToken)).Json["Id"]!.GetValue<int>().Should().Be(77);
        talk.Clock.Advance(TimeSpan.FromMinutes(10));
        (talk.Server.IsLive(tokens.AccessToken), talk.Server.IsLive(tokens.RefreshToken!)).Should().Be((false, true));
    }

    [Fact]
    public async Task Ten_thousand_calls_of_many_users_are_answered_with_each_ones_own_name()
    {
        await using Talk talk = await Talk.WithAsync(configure: options => options.RecordRequests = false);
        (string Name, string Token)[] users = [.. Enumerable.Range(0, 20).Select(i => $"user-{i}").Select(name =>
            (name, talk.Server.IssueTokens(talk.Server.AddUser(name)).AccessToken))];
        int wrong = 0;

        await Parallel.ForAsync(0, 10_000, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            (string name, string token) = users[i % users.Length];
            Talk.Answer answer = await talk.ApiAsync("/api/echo", token);
            if (answer.Json["user"]!.ToString() != name) Interlocked.Increment(ref wrong);
        });

        wrong.Should().Be(0);
        talk.Server.Log.ApiCalls.Should().HaveCount(10_000).And.OnlyContain(call => call.Accepted);
        talk.Server.Log.ApiCalls.CountBy(call => call.User!).Should().OnlyContain(count => count.Value == 500);
        talk.Server.Log.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task An_account_id_that_the_dialect_cannot_write_is_refused()
    {
        await using Talk talk = await Talk.WithAsync(Dialect.Strava);

        talk.Server.Invoking(server => server.AddUser("ada", "abc")).Should().Throw<ArgumentException>();
    }
}
