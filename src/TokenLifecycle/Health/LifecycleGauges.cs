using TokenLifecycle.Diagnostics;
using TokenLifecycle.Providers;
using TokenLifecycle.State;

namespace TokenLifecycle.Health;

/// <summary>Supplies the values of the gauges from memory.</summary>
internal sealed class LifecycleGauges(ConnectionCounts census, ProviderRegistry providers, StoreClock clock) : IGaugeSource
{
    public IEnumerable<(string Provider, string State, long Count)> Connections() =>
        census.Latest().Select(static counted => (counted.Provider, TelemetryNames.Of(counted.State), counted.Count));

    public TimeSpan? StoreClockAhead() => clock.Measured;

    public IEnumerable<(string Provider, string Reason, bool Holds)> Blocks() =>
        from known in providers.Gates
        from block in ProviderBlocks.Of(known.Gate)
        select (known.Provider, block.Reason, block.Holds);
}
