namespace TokenLifecycle.Simulation;

/// <summary>One life of a process: from its start to its crash or its end. What it remembers ends with it.</summary>
internal sealed class Life(int id, string name, Scheduler scheduler)
{
    private readonly List<SimulatedEvent> _held = [];
    private readonly List<(long From, long To)> _freezes = [];
    private long _frozenSince;

    public int Id => id;

    public bool IsDead { get; private set; }

    public bool IsFrozen { get; private set; }

    /// <summary>By grant: the newest refresh token that this process has seen stored or received.</summary>
    public Dictionary<Grant, int> Remembers { get; } = [];

    /// <summary>Gets the last attempt to take a lease whose answer was lost.</summary>
    public Dictionary<TokenKey, string> Unanswered { get; } = [];

    /// <summary>Gets when the store last gave this process the lease of a connection.</summary>
    public Dictionary<TokenKey, long> LeasedAt { get; } = [];

    /// <summary>Gets or sets when the wall clock of the process was last set back.</summary>
    public long ClockWentBackAt { get; set; } = -1;

    public void Die()
    {
        IsDead = true;
        _held.Clear();
    }

    /// <summary>Gets until when the process stands still.</summary>
    public long FrozenUntil { get; private set; }

    public void Freeze(TimeSpan length)
    {
        FrozenUntil = scheduler.Now + length.Ticks;
        IsFrozen = true;
        _frozenSince = scheduler.Now;
    }

    public void Thaw()
    {
        IsFrozen = false;
        _freezes.Add((_frozenSince, scheduler.Now));
        scheduler.Return(_held);
        _held.Clear();
    }

    public void Hold(SimulatedEvent waiting) => _held.Add(waiting);

    /// <summary>The longest time without interruption that the process stands still since a time, the rest of this time included.</summary>
    public TimeSpan LongestFreezeSince(long since)
    {
        long longest = IsFrozen ? FrozenUntil - Math.Max(since, _frozenSince) : 0;
        foreach ((long from, long to) in _freezes)
            longest = Math.Max(longest, to - Math.Max(from, since));
        return TimeSpan.FromTicks(Math.Max(0, longest));
    }

    /// <summary>Whether the process has run without a pause since a time.</summary>
    public bool RanSince(long since) => !IsFrozen && !IsDead && LongestFreezeSince(since) == TimeSpan.Zero;

    public override string ToString() => name;
}
