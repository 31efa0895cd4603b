using TokenLifecycle.Protocol;

namespace TokenLifecycle.Tests.Protocol;

public sealed class RetryAfterHeaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("120", 120)]
    [InlineData("3600", 3600)]
    [InlineData("40159", 40159)]
    [InlineData("86401", 86400)]
    [InlineData("2147483647", 86400)]
    [InlineData("99999999999", 86400)]
    [InlineData("999999999999999999999999999999999999", 86400)]
    [InlineData("1.5", 2)]
    [InlineData("40159,40159", 40159)]
    [InlineData("1, 2", 2)]
    [InlineData(" 120 ", 120)]
    [InlineData("Fri, 20 Nov 2026 12:02:00 GMT", 120)]
    [InlineData("Fri, 20 Nov 2026 23:09:19 GMT", 40159)]
    [InlineData("Fri, 20 Nov 2099 12:02:00 GMT", 86400)]
    [Trait("Rule", "FP-4")]
    public void Seconds_and_dates_are_honoured_up_to_a_day(string value, int seconds) =>
        RetryAfterHeader.Parse(value, Now).Should().Be(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-5")]
    [InlineData("soon")]
    [InlineData("1, soon")]
    [InlineData("-5, 10")]
    [InlineData("1e9")]
    [InlineData(",")]
    [InlineData("Fri, 20 Nov 2026 11:00:00 GMT")]
    [InlineData("Fri, 99 Nov 2026 11:00:00 GMT")]
    public void RF_11_F31_What_is_invalid_or_past_falls_back_to_backoff(string? value) => RetryAfterHeader.Parse(value, Now).Should().BeNull();
}
