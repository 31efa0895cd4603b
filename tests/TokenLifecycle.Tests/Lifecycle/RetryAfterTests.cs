using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>C11: a provider that asks for time gets it, but not for ever; from everybody once it asked it of two.</summary>
public sealed class RetryAfterTests
{
    [Theory]
    [InlineData(429, "120", 120)]
    [InlineData(429, "1", 1)]
    [InlineData(429, "date:300", 300)]
    [InlineData(429, "999999", 86400)]
    [InlineData(429, "date:999999", 86400)]
    [InlineData(429, null, 60)]
    [InlineData(429, "soon", 60)]
    [InlineData(429, "-5", 60)]
    [InlineData(503, "90", 90)]
    [InlineData(503, "999999", 86400)]
    public async Task C11_Nobody_asks_the_provider_before_its_time_and_everybody_may_after_it(int status, string? header, int seconds)
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(4);
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Status(status, Header(world, header)), times: 2);

        await world.RefusalAsync(keys[1]);
        (await world.RefusalAsync(keys[0])).Should().BeOfType<TokenTemporarilyUnavailableException>().Which.RetryAfter
            .Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(seconds)).And.BeLessThanOrEqualTo(TimeSpan.FromSeconds(seconds * 1.1));

        // Just before: not even the connections that have asked nothing yet.
        world.Clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        foreach (TokenKey key in keys)
            (await world.RefusalAsync(key)).Should().BeOfType<TokenTemporarilyUnavailableException>();
        world.Refreshes.Should().Be(2);

        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        foreach (TokenKey key in keys.Skip(2))
            await world.Tokens.GetAccessTokenAsync(key);
        world.Clock.Advance(TimeSpan.FromSeconds(seconds * 0.1));
        await world.Tokens.GetAccessTokenAsync(keys[0]);
        await world.Tokens.GetAccessTokenAsync(keys[1]);
    }

    [Fact]
    public async Task C11_Another_provider_is_asked_meanwhile()
    {
        World? world = null;
        await using World made = await World.StartAsync(services: s => s.AddTokenLifecycle().AddProvider("other", o => world!.Server.Configure(o)));
        world = made;
        var other = new TokenKey("other", "ada");
        await world.ConnectAsync(other, world.Server.AddUser("bob"));
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(429, "600"));
        await world.RefusalAsync();

        await world.Tokens.GetAccessTokenAsync(other);

        world.Refreshes.Should().Be(2);
    }

    [Fact]
    public async Task C11_G1_Who_has_a_valid_token_does_not_notice()
    {
        await using World world = await World.StartAsync();
        TokenKey[] keys = await world.ConnectManyAsync(3);
        world.Clock.Advance(TimeSpan.FromMinutes(59) + TimeSpan.FromSeconds(45));
        world.Server.TokenEndpoint.FailAlways(Fault.Status(429, "600"));

        foreach (TokenKey key in keys)
            await world.Tokens.GetAccessTokenAsync(key);

        world.Refreshes.Should().Be(2);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    public async Task C11_A_server_error_that_asks_for_time_is_not_asked_again_at_once_even_if_that_were_harmless(int status)
    {
        await using World world = await World.StartAsync(provider: o => o.Rotation = RefreshTokenRotation.Static, server: o => o.Rotation = Rotation.Static);
        await world.ConnectExpiredAsync();
        world.Server.TokenEndpoint.FailNext(Fault.Status(status, "120"));

        (await world.RefusalAsync()).Should().BeOfType<TokenTemporarilyUnavailableException>().Which.RetryAfter.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(120));

        world.Refreshes.Should().Be(1);
        world.Clock.Advance(TimeSpan.FromSeconds(132));
        await world.Tokens.GetAccessTokenAsync(world.Key);
    }

    private static string? Header(World world, string? header) => header is not null && header.StartsWith("date:", StringComparison.Ordinal)
        ? (world.Clock.GetUtcNow() + TimeSpan.FromSeconds(int.Parse(header[5..], CultureInfo.InvariantCulture))).ToString("R", CultureInfo.InvariantCulture)
        : header;
}
