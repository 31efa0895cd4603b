using FsCheck;
using FsCheck.Fluent;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>D4: for every lifetime a token is used before it is replaced.</summary>
public sealed class ExpiryPropertyTests
{
    private const int Year = 365 * 86400;

    [Fact]
    public void D4_For_every_lifetime_from_a_second_to_a_year_tokens_are_used_and_not_refreshed_too_often() =>
        Prop.ForAll(Gen.Choose(0, 1000).SelectMany(_ => Gen.Choose(1, 60), (scale, perLifetime) => (Lifetime: Lifetime(scale), perLifetime)).ToArbitrary(), Holds)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 20)]
    [InlineData(2, 40)]
    [InlineData(3, 30)]
    [InlineData(59, 600)]
    [InlineData(600, 60)]
    [InlineData(3600, 60)]
    [InlineData(Year, 400)]
    public void D4_At_the_lifetimes_that_providers_have(int lifetime, int callsPerLifetime) => Holds((lifetime, callsPerLifetime)).Should().BeTrue();

    /// <summary>Evenly over the orders of magnitude.</summary>
    private static int Lifetime(int scale) => Math.Max(1, (int)Math.Exp(scale / 1000.0 * Math.Log(Year)));

    private static bool Holds((int Lifetime, int CallsPerLifetime) sample) => Task.Run(() => RunAsync(sample.Lifetime, sample.CallsPerLifetime)).GetAwaiter().GetResult();

    private static async Task<bool> RunAsync(int seconds, int callsPerLifetime)
    {
        TimeSpan lifetime = TimeSpan.FromSeconds(seconds);
        TimeSpan interval = lifetime / callsPerLifetime;
        await using World world = await World.StartAsync(server: o => o.AccessTokenLifetime = lifetime);
        DateTimeOffset connected = world.Clock.GetUtcNow();
        await world.ConnectAsync();

        var used = new HashSet<string>(StringComparer.Ordinal);
        for (int call = 0; call < callsPerLifetime * 5; call++)
        {
            AccessToken token = await world.Tokens.GetAccessTokenAsync(world.Key);
            token.ExpiresAt.Should().BeAfter(world.Clock.GetUtcNow());
            world.Server.IsLive(token.Value).Should().BeTrue();
            used.Add(token.Value);
            await world.IdleAsync();
            world.Clock.Advance(interval);
        }

        await world.Tokens.GetAccessTokenAsync(world.Key); // The last one that came behind a caller is used now.
        await world.IdleAsync();
        DateTimeOffset[] refreshed = [connected, .. world.Server.Log.RefreshRequests.Select(request => request.Time)];
        TimeSpan least = lifetime / 2 > TimeSpan.FromSeconds(1) ? lifetime / 2 : TimeSpan.FromSeconds(1);
        refreshed.Zip(refreshed.Skip(1), (before, after) => after - before).Should().OnlyContain(gap => gap >= least, $"tokens live {lifetime} and are asked for every {interval}");
        used.Count.Should().BeGreaterThanOrEqualTo(refreshed.Length - 1);
        refreshed.Length.Should().BeGreaterThan(1, "tokens that end are replaced");
        return true;
    }
}
