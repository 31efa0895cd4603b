using TokenLifecycle.Protocol;

namespace TokenLifecycle.Tests.Protocol;

public sealed class RetryAfterHeaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("120", 120)]
    [InlineData("3600", 3600)]
    [InlineData("3601", 3600)]
    [InlineData("2147483647", 3600)]
    [InlineData("Fri, 20 Nov 2026 12:02:00 GMT", 120)]
    [InlineData("Fri, 20 Nov 2099 12:02:00 GMT", 3600)]
    public void RF_11_C11_F31_Seconds_and_dates_are_honoured_up_to_an_hour(string value, int seconds) =>
        RetryAfterHeader.Parse(value, Now).Should().Be(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-5")]
    [InlineData("1.5")]
    [InlineData("99999999999")]
    [InlineData("soon")]
    [InlineData("1, 2")]
    [InlineData("Fri, 20 Nov 2026 11:00:00 GMT")]
    [InlineData("Fri, 99 Nov 2026 11:00:00 GMT")]
    public void RF_11_F31_What_is_invalid_or_past_falls_back_to_backoff(string? value) => RetryAfterHeader.Parse(value, Now).Should().BeNull();
}
