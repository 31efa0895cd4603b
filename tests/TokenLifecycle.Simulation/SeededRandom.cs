namespace TokenLifecycle.Simulation;

/// <summary>Draws everything from one seed (SplitMix64). The framework's generator may change between versions; this one may not.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A generator that draws apart from this one, so that what one part draws does not move what another does.</summary>
    public SeededRandom Fork(ulong part) => new(Next() ^ (part * 0xD6E8FEB86659FD93));

    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public int Between(int least, int most) => least + Below(most - least + 1);

    public bool Chance(double probability) => NextDouble() < probability;

    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + ((most - least) * NextDouble());

    public TimeSpan Seconds(double least, double most) => TimeSpan.FromTicks((long)(TimeSpan.TicksPerSecond * (least + ((most - least) * NextDouble()))));

    /// <summary>Short times far more often than long ones.</summary>
    public TimeSpan SkewedSeconds(double least, double most) => Seconds(0, 1) is var draw ? TimeSpan.FromSeconds(least * Math.Pow(most / least, draw.TotalSeconds)) : default;

    public T Pick<T>(IReadOnlyList<T> of) => of[Below(of.Count)];
}
