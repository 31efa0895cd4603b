namespace TokenLifecycle.Simulation;

/// <summary>
/// The one queue of everything that will happen, in virtual time. Runs one event after another on one thread; an event of a process that is dead never runs, and that of a frozen
/// one waits until it goes on.
/// </summary>
internal sealed class Scheduler(SeededRandom random, Trace trace)
{
    private readonly PriorityQueue<SimulatedEvent, (long At, ulong Tie)> _queue = new();

    /// <summary>Gets the time since the begin, in ticks.</summary>
    public long Now { get; private set; }

    public int Steps { get; private set; }

    /// <summary>Called after every step.</summary>
    public Action? AfterStep { get; set; }

    public Action<Exception>? Escaped { get; set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(Now);

    public SimulatedEvent After(TimeSpan delay, Life? owner, string what, Action run, Action? held = null)
    {
        CheckThread();
        var made = new SimulatedEvent(owner, what, run, held);
        _queue.Enqueue(made, (Now + Math.Max(0, delay.Ticks), random.Next()));
        return made;
    }

    /// <inheritdoc cref="Trace.CheckThread"/>
    public void CheckThread() => trace.CheckThread();

    /// <summary>Runs events until a time, or until a condition holds.</summary>
    /// <returns>Whether it was the condition, or nothing was left to do.</returns>
    public bool RunUntil(TimeSpan end, Func<bool>? condition = null, int mostSteps = int.MaxValue)
    {
        int last = mostSteps == int.MaxValue ? int.MaxValue : Steps + mostSteps;
        while (condition?.Invoke() != true)
        {
            if (!_queue.TryPeek(out _, out (long At, ulong Tie) next) || next.At > end.Ticks)
            {
                Now = Math.Max(Now, end.Ticks);
                return false;
            }

            if (Steps >= last)
                return false;
            Now = next.At;
            Run(_queue.Dequeue());
        }

        return true;
    }

    private void Run(SimulatedEvent next)
    {
        if (next.IsCancelled || next.Owner is { IsDead: true })
            return;
        if (next.Owner is { IsFrozen: true } frozen)
        {
            frozen.Hold(next);
            next.Held?.Invoke();
            return;
        }

        Steps++;
        trace.Step(Now, next.Owner?.Id ?? 0, next.What);
        try
        {
            next.Run();
        }
        catch (Exception escaped)
        {
            Escaped?.Invoke(escaped);
        }

        AfterStep?.Invoke();
    }

    /// <summary>Puts events that waited for a frozen process back, to come soon and in any order.</summary>
    public void Return(IEnumerable<SimulatedEvent> held)
    {
        foreach (SimulatedEvent waiting in held)
            _queue.Enqueue(waiting, (Now + (long)(random.NextDouble() * 20 * TimeSpan.TicksPerMillisecond), random.Next()));
    }
}

/// <summary>Something that will happen.</summary>
internal sealed class SimulatedEvent(Life? owner, string what, Action run, Action? held)
{
    public Life? Owner => owner;

    public string What => what;

    public Action Run => run;

    /// <summary>Called when it comes to a process that stands still: it has arrived, and is not yet seen.</summary>
    public Action? Held => held;

    public bool IsCancelled { get; set; }
}
