using TokenLifecycle.Providers;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Providers;

public sealed class OutageDetectorTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void F37_The_end_of_a_long_outage_is_remembered_while_the_provider_flaps_and_until_a_longer_one()
    {
        var watch = new OutageDetector(_clock);
        watch.NoteUp();
        watch.LastEnd(10 * Minute).Should().BeNull("it was never down");

        DateTimeOffset first = Outage(watch, 60);
        watch.LastEnd(10 * Minute).Should().Be(first);
        _clock.Advance(Minute);
        DateTimeOffset flap = Outage(watch, 2);
        watch.LastEnd(10 * Minute).Should().Be(first);
        watch.LastEnd(Minute).Should().Be(flap);
        _clock.Advance(300 * Minute);
        DateTimeOffset second = Outage(watch, 15);
        watch.LastEnd(10 * Minute).Should().Be(second);
        watch.LastEnd(60 * Minute).Should().BeNull();
    }

    private DateTimeOffset Outage(OutageDetector watch, int minutes)
    {
        watch.NoteDown();
        _clock.Advance(minutes * Minute / 2);
        watch.NoteDown(); // Still.
        _clock.Advance(minutes * Minute / 2);
        watch.NoteUp();
        return _clock.GetUtcNow();
    }
}
