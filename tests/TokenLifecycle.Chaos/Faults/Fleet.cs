namespace TokenLifecycle.Chaos.Faults;

/// <summary>Some workers that run at the same time. One that ends is replaced at once, as a supervisor would.</summary>
internal sealed class Fleet(Func<string, int, WorkerSettings> settingsOf, int slots, TimeProvider time, Action<Life, string[]> heard)
{
    private readonly Lock _lock = new();
    private readonly List<Life> _all = [];
    private readonly Life[] _current = new Life[slots];
    private bool _isEnding;

    public IReadOnlyList<Life> All
    {
        get { lock (_lock) return [.. _all]; }
    }

    /// <summary>Workers that have ended although nobody had ended them.</summary>
    public List<string> Crashes { get; } = [];

    /// <summary>How many workers did not start, as the store refuses to while its database is only a replica: the supervisor tries again.</summary>
    public int FailedStarts { get; private set; }

    public async Task StartAsync()
    {
        for (int slot = 0; slot < slots; slot++)
            Spawn(slot);
        await Task.WhenAll(All.Select(static life => life.Process.Ready));
    }

    /// <summary>Chooses workers that are up, to ask them for a token.</summary>
    /// <param name="random">Draws them.</param>
    /// <param name="count">How many.</param>
    /// <param name="preferred">The slot of the first one, if that is up.</param>
    public Life[] Choose(Random random, int count, int? preferred)
    {
        lock (_lock)
        {
            Life[] ready = [.. _current.Where(life => life.Process.Ready.IsCompletedSuccessfully && life.DiedAt is null)];
            random.Shuffle(ready);
            if (preferred is { } slot && Array.FindIndex(ready, life => life.Slot == slot) is > 0 and int at)
                (ready[0], ready[at]) = (ready[at], ready[0]);
            return ready[..Math.Min(count, ready.Length)];
        }
    }

    /// <summary>Takes a worker for a fault; null while none is free.</summary>
    public Life? TryTake(Random random, Func<Life, bool>? which = null)
    {
        lock (_lock)
        {
            Life[] free = [.. _current.Where(life => life.Process.Ready.IsCompletedSuccessfully && life.DiedAt is null && !life.IsTaken && (which?.Invoke(life) ?? true))];
            if (free.Length == 0)
                return null;
            Life taken = free[random.Next(free.Length)];
            taken.IsTaken = true;
            return taken;
        }
    }

    public void GiveBack(Life life)
    {
        lock (_lock)
            life.IsTaken = false;
    }

    public async Task StopAsync()
    {
        Life[] last;
        lock (_lock)
        {
            _isEnding = true;
            last = [.. _current];
        }

        foreach (Life life in last.Where(static life => life.DiedAt is null))
            life.Process.Signal("TERM");
        await Task.WhenAll(last.Select(static life => life.Process.Ended));
    }

    public void KillAll()
    {
        lock (_lock)
        {
            _isEnding = true;
            foreach (Life life in _current.Where(static life => life is not null))
                life.Process.Kill();
        }
    }

    private void Spawn(int slot)
    {
        Life life;
        lock (_lock)
        {
            string name = $"w{slot}.{_all.Count(other => other.Slot == slot) + 1}";
            WorkerSettings settings = settingsOf(name, slot);
            life = new Life(name, slot, settings, time.GetUtcNow());
            life.Process = WorkerProcess.Start(settings, (_, words) => heard(life, words), "fleet");
            _current[slot] = life;
            _all.Add(life);
        }

        _ = ReplaceAsync(life);
    }

    private async Task ReplaceAsync(Life life)
    {
        await life.Process.Ended;
        lock (_lock)
        {
            life.DiedAt ??= time.GetUtcNow();
            if (_isEnding)
                return;
            life.EndedInOrder = life.Process.ExitCode == 0;
            if (life.EndedBy is null && !life.HasStarted)
                FailedStarts++;
            else if (life.EndedBy is null)
                Crashes.Add($"{life} ended with {life.Process.ExitCode} by itself");
        }

        Spawn(life.Slot);
    }
}
