using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Providers;

/// <summary>The error tables of providers.md 1.7, 2.5 and 3.5, through the whole library.</summary>
public sealed class PresetErrorTests
{
    private const string Strava = "strava";
    private const string Peaks = "trainingpeaks";
    private const string Google = "google";

    /// <summary>Provider, status, body, and what the caller is told: the reason if the user or the operator has to act, the kind if time will tell.</summary>
    public static TheoryData<string, int, string, object> Refreshes => new()
    {
        { Strava, 400, ErrorBodies.StravaDead, ReauthorizationReason.GrantRejected },
        { Strava, 400, ErrorBodies.StravaUnknownClient, ProviderConfigurationReason.ClientRejected },
        { Strava, 401, ErrorBodies.StravaWrongSecret, ProviderConfigurationReason.ClientRejected },
        { Strava, 400, ErrorBodies.StravaWrongSecretOlder, ProviderConfigurationReason.ClientRejected },
        { Strava, 429, ErrorBodies.StravaRateLimit, TokenFailureKind.RateLimited },
        { Strava, 403, ErrorBodies.StravaRateLimit, TokenFailureKind.RateLimited },
        { Strava, 400, ErrorBodies.Html, TokenFailureKind.ProtocolError },
        { Strava, 403, ErrorBodies.Html, TokenFailureKind.ProtocolError },
        { Strava, 200, ErrorBodies.Html, TokenFailureKind.ProtocolError },
        { Strava, 500, ErrorBodies.Html, TokenFailureKind.ProviderUnavailable },
        { Strava, 503, ErrorBodies.Html, TokenFailureKind.ProviderUnavailable },
        { Peaks, 400, ErrorBodies.InvalidRequest, TokenFailureKind.UnknownRejection },
        { Peaks, 400, "", TokenFailureKind.UnknownRejection },
        { Peaks, 400, ErrorBodies.InvalidGrant, ReauthorizationReason.GrantRejected },
        { Peaks, 401, ErrorBodies.InvalidRequest, ProviderConfigurationReason.ClientRejected },
        { Peaks, 401, "", ProviderConfigurationReason.ClientRejected },
        { Peaks, 400, ErrorBodies.Html, TokenFailureKind.ProtocolError },
        { Peaks, 415, "", TokenFailureKind.ProtocolError },
        { Peaks, 500, "", TokenFailureKind.ProviderUnavailable },
        { Peaks, 501, "", TokenFailureKind.ProviderUnavailable },
        { Peaks, 503, "", TokenFailureKind.ProviderUnavailable },
        { Google, 400, ErrorBodies.InvalidGrant, ReauthorizationReason.GrantRejected },
        { Google, 400, ErrorBodies.InvalidGrantMalformed, ReauthorizationReason.GrantRejected },
        { Google, 400, ErrorBodies.InvalidRapt, ReauthorizationReason.InteractionRequired },
        { Google, 400, ErrorBodies.RaptRequired, ReauthorizationReason.InteractionRequired },
        { Google, 401, ErrorBodies.InvalidClient, ProviderConfigurationReason.ClientRejected },
        { Google, 401, ErrorBodies.DeletedClient, ProviderConfigurationReason.ClientRejected },
        { Google, 401, ErrorBodies.UnauthorizedClient, ProviderConfigurationReason.ClientRejected },
        { Google, 400, ErrorBodies.AdminPolicy, TokenFailureKind.UnknownRejection },
        { Google, 429, ErrorBodies.RateLimit, TokenFailureKind.RateLimited },
        { Google, 403, ErrorBodies.RateLimit, TokenFailureKind.UnknownRejection },
        { Google, 500, "", TokenFailureKind.ProviderUnavailable },
    };

    [Theory]
    [MemberData(nameof(Refreshes))]
    public async Task A_refused_refresh_tells_the_caller_who_can_mend_it_and_keeps_the_tokens(string preset, int status, string body, object expected)
    {
        await using PresetWorld world = await PresetWorld.StartAsync(preset);
        TokenSet connected = await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body, body.StartsWith('<') ? "text/html" : "application/json"));

        object told = await ToldAsync(world);
        told.Should().Be(expected);

        StoredToken stored = await world.StoredAsync();
        (stored.Tokens.RefreshToken == connected.RefreshToken).Should().BeTrue("nothing is deleted because something failed");
        ConnectionStatus after = await world.Tokens.GetStatusAsync(world.Key);
        after.State.Should().Be(expected is ReauthorizationReason ? TokenState.ReauthorizationRequired : TokenState.Expired);
        after.Reason.Should().Be(expected as ReauthorizationReason?);
        (after.LastFailure is null).Should().Be(expected is ProviderConfigurationReason, "the operator's fault is not recorded against a connection");

        world.Server.TokenEndpoint.Recover();
        world.Clock.Advance(TimeSpan.FromHours(1));
        if (expected is ReauthorizationReason)
            (await ToldAsync(world)).Should().Be(expected, "the verdict is sticky");
        else
            world.Server.IsLive((await world.GetAsync()).Value).Should().BeTrue("everything else passes without the user");
    }

    public static TheoryData<string, int, string, AuthorizationFailureKind> Exchanges => new()
    {
        { Strava, 400, ErrorBodies.StravaCode, AuthorizationFailureKind.CodeRejected },
        { Strava, 400, ErrorBodies.StravaUnknownClient, AuthorizationFailureKind.ClientRejected },
        { Strava, 401, ErrorBodies.StravaWrongSecret, AuthorizationFailureKind.ClientRejected },
        { Strava, 400, ErrorBodies.StravaWrongSecretOlder, AuthorizationFailureKind.ClientRejected },
        { Strava, 429, ErrorBodies.StravaRateLimit, AuthorizationFailureKind.Temporary },
        { Strava, 400, ErrorBodies.Html, AuthorizationFailureKind.Temporary },
        { Strava, 503, ErrorBodies.Html, AuthorizationFailureKind.Temporary },
        { Peaks, 400, ErrorBodies.InvalidRequest, AuthorizationFailureKind.CodeRejected },
        { Peaks, 400, ErrorBodies.InvalidGrant, AuthorizationFailureKind.CodeRejected },
        { Peaks, 401, "", AuthorizationFailureKind.ClientRejected },
        { Peaks, 400, ErrorBodies.Html, AuthorizationFailureKind.Temporary },
        { Peaks, 500, "", AuthorizationFailureKind.Temporary },
        { Google, 400, ErrorBodies.InvalidGrantMalformed, AuthorizationFailureKind.CodeRejected },
        { Google, 401, ErrorBodies.InvalidClient, AuthorizationFailureKind.ClientRejected },
        { Google, 401, ErrorBodies.DeletedClient, AuthorizationFailureKind.ClientRejected },
        { Google, 429, ErrorBodies.RateLimit, AuthorizationFailureKind.Temporary },
    };

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task A_refused_code_says_who_can_mend_it_and_leaves_an_earlier_connection_alone(string preset, int status, string body, AuthorizationFailureKind expected)
    {
        await using PresetWorld world = await PresetWorld.StartAsync(preset);
        TokenSet connected = await world.ConnectAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(status, body, body.StartsWith('<') ? "text/html" : "application/json"));
        Func<Task> reconnecting = () => world.AuthorizeAsync();

        (await reconnecting.Should().ThrowAsync<AuthorizationFailedException>()).Which.Kind.Should().Be(expected);

        (await world.GetAsync()).Value.Should().Be(connected.AccessToken);
        world.Server.Log.Requests.Count(request => request.Path == world.Server.TokenEndpoint.Address.AbsolutePath).Should().Be(2, "a code is sent once"); // Counted as they arrive.
    }

    [Fact]
    public async Task TrainingPeaks_suspicion_becomes_a_verdict_only_after_many_answers_over_more_than_a_day()
    {
        await using PresetWorld world = await PresetWorld.StartAsync(Peaks);
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailAlways(Fault.Body(400, ErrorBodies.InvalidRequest));

        for (int hour = 0; hour < 24; hour += 4)
        {
            (await ToldAsync(world)).Should().Be(TokenFailureKind.UnknownRejection);
            world.Clock.Advance(TimeSpan.FromHours(4));
        }

        (await ToldAsync(world)).Should().Be(ReauthorizationReason.RepeatedUnknownRejection);
        (await world.Tokens.GetStatusAsync(world.Key)).State.Should().Be(TokenState.ReauthorizationRequired);
    }

    [Fact]
    public async Task C10_Law6_A_wrong_TrainingPeaks_secret_looks_like_a_dead_grant_and_still_ends_no_connection()
    {
        await using PresetWorld world = await PresetWorld.StartAsync(Peaks);
        TokenKey[] keys = [.. Enumerable.Range(0, 20).Select(i => new TokenKey(Peaks, $"user-{i}"))];
        foreach (TokenKey key in keys)
            await world.ConnectAsync(key);
        world.Clock.Advance(TimeSpan.FromHours(1));
        string secret = world.Server.ClientSecret;
        world.Server.ChangeClientSecret();

        for (int hour = 0; hour < 72; hour += 4)
        {
            foreach (TokenKey key in keys)
                (await ToldAsync(world, key)).Should().BeOfType<TokenFailureKind>("no user is to blame");
            world.Clock.Advance(TimeSpan.FromHours(4));
        }

        world.Server.ChangeClientSecret(secret);
        foreach (TokenKey key in keys)
            world.Server.IsLive((await world.GetAsync(key)).Value).Should().BeTrue();
    }

    private static async Task<object> ToldAsync(PresetWorld world, TokenKey? key = null)
    {
        try
        {
            return await world.GetAsync(key);
        }
        catch (ReauthorizationRequiredException user)
        {
            return user.Reason;
        }
        catch (ProviderConfigurationException @operator)
        {
            return @operator.Reason;
        }
        catch (TokenTemporarilyUnavailableException time)
        {
            return time.Kind;
        }
    }
}
