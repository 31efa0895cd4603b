using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>C2, C4, C5: what passes by itself changes no token, and is tried again.</summary>
public sealed class TransientFailureTests
{
    [Theory]
    [InlineData(408)]
    [InlineData(409)]
    [InlineData(423)]
    [InlineData(425)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(599)]
    public async Task C2_A_status_that_tells_of_trouble_leaves_the_connection_alive(int status)
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Status(status));

        await SurvivesAsync(world, old, world.Server.TokenEndpoint.Recover);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(409)]
    [InlineData(423)]
    [InlineData(425)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task C2_Not_even_when_the_body_names_the_grant(int status)
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, WorldExtensions.InvalidGrant));

        await SurvivesAsync(world, old, world.Server.TokenEndpoint.Recover);
    }

    [Theory]
    [InlineData("refused", "http://127.0.0.1:1/oauth/token")]
    [InlineData("name", "https://no-such-host.invalid/oauth/token")]
    [InlineData("tls", null)]
    public async Task C2_A_provider_that_cannot_be_reached_leaves_the_connection_alive(string trouble, string? endpoint)
    {
        World? world = null;
        bool broken = true;
        await using World made = await World.StartAsync(provider: o =>
        {
            o.PreviousTokenEndpointOrigins.Add(world!.Server.Address.GetLeftPart(UriPartial.Authority));
            if (broken)
                o.TokenEndpoint = endpoint ?? $"https://127.0.0.1:{world.Server.Address.Port}/oauth/token";
        });
        world = made;
        TokenSet old = await world.ConnectExpiredAsync();

        TokenException refusal = await SurvivesAsync(world, old, () =>
        {
            broken = false;
            world.ReloadProvider();
        });

        refusal.Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.Network, trouble);
    }

    [Fact]
    public async Task C2_A_reset_connection_leaves_the_connection_alive()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.DropBeforeProcessing());

        TokenException refusal = await SurvivesAsync(world, old, world.Server.TokenEndpoint.Recover);

        refusal.Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.NoAnswer);
    }

    [Fact]
    public async Task C2_A13_A_timeout_frees_the_callers_and_leaves_the_connection_alive()
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        FaultHold hold = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(hold);

        Task<TokenException> refused = world.RefusalAsync();
        await hold.Reached;
        world.Clock.Advance(TimeSpan.FromSeconds(11));

        (await refused).Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.NoAnswer);
        await IsAliveAsync(world, old);
    }

    [Theory]
    [InlineData("""{"token_type":"Bearer","expires_in":3600}""")]
    [InlineData("""{"access_token":"","token_type":"Bearer"}""")]
    [InlineData("""{"access_token":null,"token_type":"Bearer"}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task C4_A_success_without_an_access_token_is_a_failure_that_keeps_everything(string body)
    {
        await using World world = await World.StartAsync();
        TokenSet old = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(200, body));

        TokenException refusal = await SurvivesAsync(world, old, world.Server.TokenEndpoint.Recover);

        refusal.Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.ProtocolError);
    }

    [Theory]
    [InlineData(200, "text/html")]
    [InlineData(400, "text/html")]
    [InlineData(403, "text/html")]
    [InlineData(401, "text/plain")]
    [InlineData(406, "application/octet-stream")]
    public async Task C5_A_page_in_place_of_an_answer_passes_and_is_never_logged(int status, string contentType)
    {
        var log = new LogRecorder();
        await using World world = await World.StartAsync(services: s => s.AddLogging(l => l.AddProvider(log)));
        TokenSet old = await world.ConnectExpiredAsync();
        string page = $"<html><body>Blocked by the firewall, ticket {Canary.New("page")}</body></html>";
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, page, contentType));

        await SurvivesAsync(world, old, world.Server.TokenEndpoint.Recover);

        log.Lines.Should().NotBeEmpty().And.NotContain(line => line.Text.Contains("firewall"));
    }

    /// <summary>Refused for now; the row kept; asked again after the pause, and then all is well.</summary>
    private static async Task<TokenException> SurvivesAsync(World world, TokenSet old, Action recover)
    {
        Task<TokenException> refused = world.RefusalAsync();
        await world.Clock.RunShortPausesAsync(refused);
        TokenTemporarilyUnavailableException refusal = (await refused).Should().BeOfType<TokenTemporarilyUnavailableException>().Subject;
        await IsAliveAsync(world, old);

        recover();
        world.Clock.Advance(refusal.RetryAfter);
        AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);
        token.Value.Should().NotBe(old.AccessToken);
        (await world.StatusAsync()).LastFailure.Should().BeNull();
        return refusal;
    }

    private static async Task IsAliveAsync(World world, TokenSet old)
    {
        StoredToken row = await world.StoredAsync();
        row.Tokens.AccessToken.Should().Be(old.AccessToken);
        row.Tokens.RefreshToken.Should().Be(old.RefreshToken);
        row.Reauthorization.Should().BeNull();
        ConnectionStatus status = await world.StatusAsync();
        status.State.Should().Be(TokenState.Expired);
        status.LastFailure.Should().NotBeNull();
        status.NextAttemptAt.Should().BeAfter(world.Clock.GetUtcNow());
    }
}
