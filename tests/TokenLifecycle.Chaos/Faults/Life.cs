using System.Collections.Concurrent;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>One worker process from its start to its end.</summary>
internal sealed class Life(string name, int slot, WorkerSettings settings, DateTimeOffset startedAt)
{
    private readonly ConcurrentDictionary<int, Ask> _asks = new();
    private readonly Lock _lock = new();
    private readonly List<Freeze> _freezes = [];

    public string Name { get; } = name;

    public int Slot { get; } = slot;

    public WorkerSettings Settings { get; } = settings;

    public DateTimeOffset StartedAt { get; } = startedAt;

    public WorkerProcess Process { get; set; } = null!;

    public DateTimeOffset? DiedAt { get; set; }

    /// <summary>The fault that ended it.</summary>
    public Injected? EndedBy { get; set; }

    /// <summary>When it was told to stop.</summary>
    public DateTimeOffset? ToldToStopAt { get; set; }

    /// <summary>Whether it was told to stop and did, so that it had its time to save or to keep locally what it held.</summary>
    public bool EndedInOrder { get; set; }

    /// <summary>Whether a fault has it at present.</summary>
    public bool IsTaken { get; set; }

    public bool HasStarted => Diary.ReadAll(Settings.Diary).Any(static line => line.What == Diary.Started);

    public bool HasSpill => Settings.Spill.Length > 0;

    public IReadOnlyList<Freeze> Freezes
    {
        get { lock (_lock) return [.. _freezes]; }
    }

    public bool IsAlive(DateTimeOffset at) => DiedAt is not { } died || died > at;

    public Freeze Frozen(Injected fault, DateTimeOffset at)
    {
        var freeze = new Freeze(fault, at);
        lock (_lock)
            _freezes.Add(freeze);
        return freeze;
    }

    /// <summary>Asks it for a connection's token.</summary>
    /// <returns>The answer, perhaps never; an empty one at once if it has been asked for this one already.</returns>
    public Task<string[]> Get(int connection, DateTimeOffset now)
    {
        var ask = new Ask(now);
        if (!_asks.TryAdd(connection, ask))
            return Task.FromResult<string[]>([]);
        Process.Get(connection);
        return ask.Answer.Task;
    }

    /// <returns>When it was asked.</returns>
    public DateTimeOffset? Answered(int connection, string[] words)
    {
        if (!_asks.TryRemove(connection, out Ask? ask))
            return null;
        ask.Answer.TrySetResult(words);
        return ask.At;
    }

    public override string ToString() => Name;

    private sealed record Ask(DateTimeOffset At)
    {
        public TaskCompletionSource<string[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>A time in which a process stood still.</summary>
internal sealed class Freeze(Injected fault, DateTimeOffset from)
{
    public Injected Fault { get; } = fault;

    public DateTimeOffset From { get; } = from;

    public DateTimeOffset To { get; set; } = DateTimeOffset.MaxValue;
}
