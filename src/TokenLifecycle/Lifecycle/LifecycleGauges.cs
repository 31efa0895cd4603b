using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Lifecycle;

/// <summary>Supplies the values of the gauges from memory.</summary>
internal sealed class LifecycleGauges(ConnectionCensus census, ProviderDirectory providers, StoreClock clock) : IGaugeSource
{
    public IEnumerable<(string Provider, string State, long Count)> Connections() =>
        census.Latest().Select(static counted => (counted.Provider, Words.Of(counted.State), counted.Count));

    public TimeSpan? StoreClockAhead() => clock.Measured;

    public IEnumerable<(string Provider, string Reason, bool Holds)> Blocks() =>
        from known in providers.Gates
        from block in ProviderBlocks.Of(known.Gate)
        select (known.Provider, block.Reason, block.Holds);
}
