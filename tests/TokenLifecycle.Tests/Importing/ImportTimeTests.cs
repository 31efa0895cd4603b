using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Importing;

namespace TokenLifecycle.Tests.Importing;

/// <summary>Points in time as other systems write them.</summary>
public sealed class ImportTimeTests
{
    private static readonly DateTimeOffset Then = new(2026, 11, 3, 12, 30, 15, TimeSpan.Zero);

    public static TheoryData<object> Written => new()
    {
        Then.ToUnixTimeSeconds(),
        (int)Then.ToUnixTimeSeconds(),
        (double)Then.ToUnixTimeSeconds(),
        (decimal)Then.ToUnixTimeSeconds(),
        Then.ToUnixTimeMilliseconds(),
        (double)Then.ToUnixTimeMilliseconds(),
        Then.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        $" {Then.ToUnixTimeSeconds()}.000 ",
        Then.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        Then,
        Then.ToOffset(TimeSpan.FromHours(-8)),
        Then.UtcDateTime,
        Then.LocalDateTime,
        Then.DateTime,
        "2026-11-03T12:30:15Z",
        "2026-11-03T12:30:15+00:00",
        "2026-11-03 12:30:15+00",
        "2026-11-03 14:30:15.000000+02",
        "2026-11-03 12:30:15",
        "2026-11-03T12:30:15.000000",
    };

    public static TheoryData<object> NoTimes => new()
    {
        "soon", "12:30", "7 May", "5 o'clock", "infinity", "NaN", "1,700,000,000", "0x6908", "2026-13-40", "2026-11-03T99:00", double.NaN, double.PositiveInfinity, true, Guid.NewGuid(), new byte[8], new object(),
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void Every_way_of_writing_a_time_is_read(object value)
    {
        ImportTime.TryRead(value, out DateTimeOffset? time).Should().BeTrue();
        time.Should().Be(Then);
        time!.Value.Offset.Should().Be(TimeSpan.Zero);
    }

    [Theory]
    [MemberData(nameof(NoTimes))]
    public void What_is_no_time_is_not_made_one(object value)
    {
        ImportTime.TryRead(value, out DateTimeOffset? time).Should().BeFalse();
        time.Should().BeNull();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public void Nothing_is_an_unknown_time_and_no_failure(string? value)
    {
        ImportTime.TryRead(value, out DateTimeOffset? time).Should().BeTrue();
        time.Should().BeNull();
        ImportTime.TryRead(DBNull.Value, out _).Should().BeTrue();
    }

    [Fact]
    public void Seconds_and_milliseconds_of_a_plausible_time_are_never_mixed_up() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).Select(static offset => 946_684_800L + (offset * 2L)).ToArbitrary(), static seconds =>
            Read(seconds) == DateTimeOffset.FromUnixTimeSeconds(seconds) && Read(seconds * 1000) == DateTimeOffset.FromUnixTimeSeconds(seconds))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Nothing_throws_whatever_the_text() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), static text => Survives(text)).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Nothing_throws_whatever_the_damage_to_a_time() =>
        Prop.ForAll(ArbMap.Default.ArbFor<(int At, char By, int Cut)>(), static damage =>
        {
            char[] text = "2026-11-03 12:30:15.123456+02".ToCharArray();
            text[(damage.At & int.MaxValue) % text.Length] = damage.By;
            return Survives(new string(text)[..(((damage.Cut & int.MaxValue) % text.Length) + 1)]);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Nothing_throws_whatever_the_number() =>
        Prop.ForAll(ArbMap.Default.ArbFor<(long Whole, double Real, decimal Exact)>(), static n => Survives(n.Whole) && Survives(n.Real) && Survives(n.Exact) && Survives(BitConverter.Int64BitsToDouble(n.Whole)) && Survives(n.Real.ToString("R", CultureInfo.InvariantCulture)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(double.MaxValue)]
    [InlineData(double.MinValue)]
    [InlineData(double.Epsilon)]
    [InlineData(float.MaxValue)]
    [InlineData(ulong.MaxValue)]
    [InlineData(7.9e28)]
    public void No_number_is_too_large(object number) => Survives(number).Should().BeTrue();

    [Fact]
    public void The_ends_of_the_calendar_are_read_and_are_not_plausible()
    {
        foreach (DateTimeKind kind in Enum.GetValues<DateTimeKind>())
        {
            Survives(DateTime.SpecifyKind(DateTime.MinValue, kind)).Should().BeTrue();
            Survives(DateTime.SpecifyKind(DateTime.MaxValue, kind)).Should().BeTrue();
        }

        ImportTime.IsPlausible(DateTimeOffset.MinValue, Then).Should().BeFalse();
        ImportTime.IsPlausible(DateTimeOffset.MaxValue, Then).Should().BeFalse();
        ImportTime.IsPlausible(Then.AddYears(99), Then).Should().BeTrue();
        ImportTime.IsPlausible(DateTimeOffset.UnixEpoch, Then).Should().BeFalse();
    }

    private static DateTimeOffset? Read(object? value) => ImportTime.TryRead(value, out DateTimeOffset? time) ? time : null;

    private static bool Survives(object? value)
    {
        bool read = ImportTime.TryRead(value, out DateTimeOffset? time);
        return (time is null || read) && (time is not { } point || point.Offset == TimeSpan.Zero);
    }
}
