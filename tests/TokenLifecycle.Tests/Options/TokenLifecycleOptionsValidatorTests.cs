using TokenLifecycle.Options;

namespace TokenLifecycle.Tests.Options;

public sealed class TokenLifecycleOptionsValidatorTests
{
    public static TheoryData<Action<TokenLifecycleOptions>, string> OneProblem => new()
    {
        { o => o.MinimumValidity = TimeSpan.Zero, "MinimumValidity is 00:00:00. Set it to more than zero and at most 24 hours" },
        { o => o.RefreshBefore = TimeSpan.FromDays(2), "RefreshBefore is 2.00:00:00" },
        { o => o.CacheDuration = TimeSpan.FromSeconds(-1), "CacheDuration is -00:00:01. Set it to zero and at most 24 hours" },
        { o => o.CacheDuration = TimeSpan.MaxValue, "CacheDuration is " },
        { o => o.MaxCachedConnections = 0, "MaxCachedConnections is 0. Set it to a number from 1000" },
        { o => o.TokenEndpointTimeout = TimeSpan.Zero, "TokenEndpointTimeout is 00:00:00" },
        { o => o.TokenEndpointTimeout = Timeout.InfiniteTimeSpan, "TokenEndpointTimeout is -00:00:00.0010000" },
        { o => o.SaveTimeout = TimeSpan.MaxValue, "SaveTimeout is " },
        { o => o.SaveTimeout = TimeSpan.MinValue, "SaveTimeout is " },
        { o => o.LeaseDuration = TimeSpan.FromHours(25), "LeaseDuration is 1.01:00:00" },
        { o => o.MinimumValidity = TimeSpan.FromMinutes(6), "MinimumValidity is 00:06:00, more than RefreshBefore (00:05:00)" },
        { o => o.WhenReauthorizationRequired = (ReauthorizationPolicy)9, "WhenReauthorizationRequired is 9" },
        { o => o.ReconnectRatioThreshold = 1.5, "ReconnectRatioThreshold is 1.5, which is not a share" },
        { o => o.ReconnectRatioThreshold = double.NaN, "ReconnectRatioThreshold is NaN" },
        { o => o.LeaseDuration = TimeSpan.FromSeconds(59), "LeaseDuration is 00:00:59, less than 3 x (TokenEndpointTimeout 00:00:10 + SaveTimeout 00:00:10) = 00:01:00" },
        { o => o.TokenEndpointTimeout = TimeSpan.FromSeconds(20), "LeaseDuration is 00:01:00, less than 3 x (TokenEndpointTimeout 00:00:20 + SaveTimeout 00:00:10) = 00:01:30" },
    };

    [Theory]
    [MemberData(nameof(OneProblem))]
    public void A6_each_wrong_setting_is_named_with_its_numbers_and_what_to_do(Action<TokenLifecycleOptions> change, string message)
    {
        Problems(change).Should().ContainSingle().Which.Should().StartWith($"TokenLifecycle: {message}")
            .And.Contain("in the configuration section given to AddTokenLifecycle, or o.").And.EndWith(" in code.");
    }

    [Fact]
    public void The_defaults_are_valid()
    {
        Problems(static _ => { }).Should().BeEmpty();
    }

    [Fact]
    public void Caching_may_be_turned_off()
    {
        Problems(o => o.CacheDuration = TimeSpan.Zero).Should().BeEmpty();
    }

    [Fact]
    public void A_lease_of_exactly_three_times_both_deadlines_is_valid()
    {
        Problems(o => (o.TokenEndpointTimeout, o.SaveTimeout, o.LeaseDuration) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6))).Should().BeEmpty();
    }

    private static string[] Problems(Action<TokenLifecycleOptions> change)
    {
        TokenLifecycleOptions options = new();
        change(options);
        return [.. new TokenLifecycleOptionsValidator().Validate(name: null, options).Failures ?? []];
    }
}
