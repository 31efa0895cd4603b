namespace TokenLifecycle.Diagnostics;

/// <summary>Looks up, and does not count, the values of the gauges when they are collected. Does no I/O.</summary>
internal interface IGaugeSource
{
    /// <summary>How many connections are in which state, as they were counted last.</summary>
    IEnumerable<(string Provider, string State, long Count)> Connections();

    /// <summary>How far the store's clock is ahead of this process's clock; <see langword="null"/> if that is not known.</summary>
    TimeSpan? StoreClockAhead();

    /// <summary>For each provider that has been asked for anything: each reason, and whether it holds.</summary>
    IEnumerable<(string Provider, string Reason, bool Holds)> Blocks();
}
