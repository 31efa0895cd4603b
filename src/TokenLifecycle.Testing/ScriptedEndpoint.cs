namespace TokenLifecycle.Testing;

/// <summary>One of the server's endpoints, and the faults that are scripted for it.</summary>
public sealed class ScriptedEndpoint
{
    private readonly Lock _lock = new();
    private readonly List<Rule> _rules = [];

    internal ScriptedEndpoint()
    {
    }

    /// <summary>Where it is.</summary>
    public Uri Address { get; internal set; } = null!;

    /// <summary>Plays a fault for the next requests that no earlier rule takes, then answers as usual.</summary>
    /// <param name="fault">What happens to them.</param>
    /// <param name="times">How many of them.</param>
    /// <param name="when">Which requests count; <see langword="null"/> for all.</param>
    public void FailNext(Fault fault, int times = 1, Func<RecordedRequest, bool>? when = null)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(times);
        lock (_lock) _rules.Add(new Rule(fault, times, when));
    }

    /// <summary>Plays a fault for every request that no earlier rule takes, until <see cref="Recover"/>.</summary>
    /// <param name="fault">What happens to them.</param>
    /// <param name="when">Which requests count; <see langword="null"/> for all.</param>
    public void FailAlways(Fault fault, Func<RecordedRequest, bool>? when = null) => FailNext(fault, int.MaxValue, when);

    /// <summary>Forgets every scripted fault. A hold that has begun goes on until it is released.</summary>
    public void Recover()
    {
        lock (_lock) _rules.Clear();
    }

    /// <summary>The address.</summary>
    public override string ToString() => Address.ToString();

    internal Fault? Take(RecordedRequest request)
    {
        lock (_lock)
        {
            Rule? rule = _rules.Find(candidate => candidate.When?.Invoke(request) ?? true);
            if (rule is null) return null;
            if (rule.Left != int.MaxValue && --rule.Left == 0) _rules.Remove(rule);
            return rule.Fault;
        }
    }

    private sealed class Rule(Fault fault, int left, Func<RecordedRequest, bool>? when)
    {
        public Fault Fault { get; } = fault;

        public int Left { get; set; } = left;

        public Func<RecordedRequest, bool>? When { get; } = when;
    }
}
