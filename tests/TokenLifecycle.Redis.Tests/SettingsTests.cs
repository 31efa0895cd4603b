using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis.Tests;

/// <summary>What can be set, and what is refused. Needs no Redis.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("app{1}")]
    [InlineData("app*")]
    public async Task A_prefix_with_braces_or_wildcards_is_refused(string prefix)
    {
        await using ServiceProvider app = Build(builder => builder.UseRedisStore("localhost:1", o => o.KeyPrefix = prefix));

        app.Invoking(a => a.GetRequiredService<IOptions<RedisTokenStoreOptions>>().Value).Should().Throw<OptionsValidationException>().WithMessage("*KeyPrefix*");
    }

    [Fact]
    public async Task An_interval_that_is_not_positive_is_refused()
    {
        await using ServiceProvider app = Build(static builder => builder.UseRedisStore("localhost:1", static o => o.IndexCheckInterval = TimeSpan.Zero));

        app.Invoking(a => a.GetRequiredService<IOptions<RedisTokenStoreOptions>>().Value).Should().Throw<OptionsValidationException>().WithMessage("*IndexCheckInterval*");
    }

    [Fact]
    public async Task A_store_without_a_connection_states_how_to_give_it_one()
    {
        await using ServiceProvider app = Build(static builder => builder.UseRedisStore());

        await app.GetRequiredService<ITokenStore>().Invoking(s => s.FindAsync(Rows.Key, Rows.None)).Should().ThrowAsync<InvalidOperationException>().WithMessage("*UseRedisStore(\"localhost:6379\")*");
    }

    [Fact]
    [Trait("Rule", "RS-7")]
    public void Names_of_keys_are_hashes_with_the_tag_of_their_partition()
    {
        RedisKeys keys = new("app");
        TokenKey key = new("strava", "ada@example.com");

        (string row, int partition) = ((string)keys.RowOf(key).Row!, keys.RowOf(key).Partition);

        row.Should().MatchRegex($"^app:[{{]{partition:x2}[}}]:row:[0-9a-f]{{64}}$");
        partition.Should().BeInRange(0, RedisKeys.Partitions - 1);
        keys.IndexesOf("strava", partition).Select(static index => (string)index!).Should().OnlyContain(index => index.StartsWith($"app:{{{partition:x2}}}:", StringComparison.Ordinal));
        RedisKeys.KeyOf("strava", RedisKeys.NameOf(key)).Should().Be(key);
    }

    private static ServiceProvider Build(Action<TokenLifecycleBuilder> configure)
    {
        ServiceCollection services = new();
        services.AddLogging();
        configure(services.AddTokenLifecycle().WithoutProtection());
        return services.BuildServiceProvider();
    }
}
