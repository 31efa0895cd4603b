using TokenLifecycle.Storage;

namespace TokenLifecycle.Simulation;

/// <summary>One run: the fleet of a plan, the time in which everything goes wrong, and the time after, in which all must be well again.</summary>
internal sealed class World : IDisposable
{
    public static readonly DateTimeOffset Epoch = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    /// <summary>After the last fault everything is fresh within this time, and what a provider asked to wait.</summary>
    public static readonly TimeSpan FreshWithin = TimeSpan.FromMinutes(75);

    private const int MostSteps = 400_000;

    private readonly List<Life> _lives = [];

    private readonly List<Fault> _waiting = [];
    private bool _isRecovering;

    public World(Plan plan)
    {
        Plan = plan;
        Random = new SeededRandom(plan.Seed ^ 0x5DEECE66DUL);
        Scheduler = new Scheduler(Random.Fork(1), Trace);
        Server = new AuthorizationServer(Scheduler, Trace, plan.Lifetime, new Dictionary<string, TimeSpan>(StringComparer.Ordinal) { [Plan.Strict] = TimeSpan.Zero, [Plan.Lenient] = plan.LenientGrace });
        Network = new Network(Scheduler, Server, Random.Fork(2), Trace, Epoch);
        Store = new SharedStore(Scheduler, Random.Fork(3), Epoch, TimeSpan.FromSeconds(Random.Between(-30, 30)));
        StoreNetwork = new StoreNetwork(Scheduler, Store, Random.Fork(4), Trace);
        Listeners = new Listeners(plan.IsWatched);
        Oracle = new Oracle(this);
        Users = new Users(this);
        Nodes = [.. Enumerable.Range(0, plan.Nodes).Select(i => new Node($"n{i + 1}", this, plan.ClockOffsets[i], plan.Sweeps[i]))];
        Server.Reused = Oracle.Reused;
        Network.Sending = Send;
        Store.Changed = Oracle.Changed;
        Store.WentBack = Oracle.WentBack;
        Scheduler.Escaped = escaped => Oracle.Violate($"an exception escaped: {escaped.GetType().Name}: {escaped.Message}");
    }

    public Plan Plan { get; }

    public SeededRandom Random { get; }

    public Trace Trace { get; } = new();

    public Scheduler Scheduler { get; }

    public AuthorizationServer Server { get; }

    public Network Network { get; }

    public SharedStore Store { get; }

    public StoreNetwork StoreNetwork { get; }

    public Listeners Listeners { get; }

    public Oracle Oracle { get; }

    public Users Users { get; }

    public IReadOnlyList<Node> Nodes { get; }

    public int FaultsMet { get; private set; }

    private bool HasFailed => Oracle.Violations.Count > 0;

    public Life NewLife(string name)
    {
        var life = new Life(_lives.Count + 1, name, Scheduler);
        _lives.Add(life);
        return life;
    }

    public void Run()
    {
        foreach (Node node in Nodes)
            node.Start();
        foreach (TokenKey key in Plan.Users)
            Scheduler.After(TimeSpan.FromSeconds(0.5), Nodes[0].Life, "first connect", () => _ = Users.ConnectAsync(Nodes[0], key, isFirst: true));
        RunTo(TimeSpan.FromSeconds(2));
        foreach (UserAct act in Plan.Acts)
            Scheduler.After(act.At, null, "user act", () => Users.Do(act));
        foreach (Fault fault in Plan.Faults)
            Scheduler.After(fault.At, null, "fault", () => Begin(fault));
        RunTo(Plan.Length + TimeSpan.FromSeconds(2));
        if (!HasFailed)
            Recover();
        if (!HasFailed)
            BecomeFresh();
        if (!HasFailed)
            StopAll();
        if (Trace.HasEscaped)
            Oracle.Violate($"code of the library has left the simulation's thread: a seam is missing (docs/adr/0027): {Trace.Escape?.ReplaceLineEndings(" ")}");
    }

    public void Dispose()
    {
        foreach (Node node in Nodes)
            node.Dispose();
        Listeners.Dispose();
    }

    private void RunTo(TimeSpan time, Func<bool>? condition = null)
    {
        Scheduler.RunUntil(time, () => HasFailed || condition?.Invoke() == true, MostSteps);
        if (Scheduler.Steps >= MostSteps)
            Oracle.Violate($"the fleet does not come to rest: {MostSteps} steps");
    }

    /// <summary>All faults end, and every process is there.</summary>
    private void Recover()
    {
        _waiting.Clear();
        _isRecovering = true;
        Trace.Line(Scheduler.Now, "", "--- all faults end ---");
        StoreNetwork.Recover();
        Network.Recover();
        Listeners.Recover(Scheduler);
        foreach (Node node in Nodes)
        {
            if (node.IsUp && node.Life.IsFrozen)
                node.Life.Thaw();
            if (node.IsUp)
                node.Reload(bad: false);
        }

        RunTo(Scheduler.Elapsed + TimeSpan.FromSeconds(45));
        foreach (Node node in Nodes.Where(static node => !node.IsUp))
            node.Start();
    }

    private void BecomeFresh()
    {
        long from = Scheduler.Now;
        TimeSpan last = Scheduler.Elapsed + FreshWithin + Plan.LongestRetryAfter;
        while (!HasFailed && Scheduler.Elapsed < last && !Plan.Users.All(key => IsFreshSince(key, from)))
        {
            foreach (TokenKey key in Plan.Users.Where(key => !IsFreshSince(key, from)))
            {
                Node node = Nodes[Random.Below(Nodes.Count)];
                Scheduler.After(Random.Seconds(0, 20), node.Life, "user", () => _ = Users.GetAsync(node, key, null, CancellationToken.None));
            }

            RunTo(Scheduler.Elapsed + TimeSpan.FromSeconds(20));
        }

        foreach (TokenKey key in Plan.Users.Where(key => !HasFailed && !IsFreshSince(key, from)))
            Oracle.Violate($"{key.UserId} is not fresh {(Scheduler.Elapsed - TimeSpan.FromTicks(from)).TotalMinutes:0} minutes after the last fault");
    }

    /// <summary>Whether a connection was refreshed and served since; or needs its user, or is the odd one.</summary>
    private bool IsFreshSince(TokenKey key, long from)
    {
        if (Store.Find(key) is not { } row || Server.OfRefreshToken(row.Tokens.RefreshToken) is not { End: null, IsOdd: false } grant)
            return true;
        return Server.IsLive(row.Tokens.RefreshToken) && grant.RefreshedAt > from && Users.Served.GetValueOrDefault(key) > grant.RefreshedAt;
    }

    /// <summary>The whole fleet ends as a host does; nothing is left of it.</summary>
    private void StopAll()
    {
        Trace.Line(Scheduler.Now, "", "--- the fleet stops ---");
        int stopped = 0;
        foreach (Node node in Nodes)
        {
            Life life = node.Life;
            node.Stop(TimeSpan.FromSeconds(30), used =>
            {
                stopped++;
                if (used)
                    Oracle.Violate($"{life} did not stop within 30 s, although nothing fails");
                if (node.PendingSaves > 0)
                    Oracle.Violate($"{life} has stopped with {node.PendingSaves} unsaved pairs, although nothing fails");
                if (node.HasFlights)
                    Oracle.Violate($"{life} has stopped while refreshes are under way");
            });
        }

        RunTo(Scheduler.Elapsed + TimeSpan.FromSeconds(40), () => stopped == Nodes.Count);
        if (stopped < Nodes.Count)
            Oracle.Violate("a process did not stop");
        RunTo(Scheduler.Elapsed + TimeSpan.FromSeconds(60));
        foreach (Node node in Nodes.Where(node => !HasFailed && node.Clock.ActiveTimers > 0))
            Oracle.Violate($"{node.Life} has ended and left {node.Clock.ActiveTimers} timers");
        if (!HasFailed && Users.Waiting > 0 && _lives.TrueForAll(life => !life.IsDead))
            Oracle.Violate($"{Users.Waiting} calls never came back");
        foreach (LeasedConnection row in Store.Rows.Where(row => !HasFailed && row.Lease is { } lease && lease.IsLive(Scheduler.Elapsed)))
            Oracle.Violate($"{row.Token.Key.UserId}: the lease is still held by {row.Lease!.Value.Owner}");
    }

    private void Begin(Fault fault)
    {
        if (fault.Waits == TimeSpan.Zero)
        {
            Apply(fault);
            return;
        }

        _waiting.Add(fault);
        Scheduler.After(fault.Waits, null, "fault", () =>
        {
            if (_waiting.Remove(fault))
                Apply(fault);
        });
    }

    /// <summary>A token request leaves a process: what waits for one comes now.</summary>
    private void Send(Grant grant, TokenExchange exchange)
    {
        Oracle.Sending(grant, exchange);
        foreach (Fault fault in _waiting)
        {
            Fault here = fault with { Node = Nodes.TakeWhile(node => node.Life != exchange.Life).Count() };
            Scheduler.After(fault.Delay, null, "fault", () =>
            {
                if (!_isRecovering)
                    Apply(here);
            });
        }

        _waiting.Clear();
    }

    private void Apply(Fault fault)
    {
        Node node = Nodes[fault.Node];
        bool needsNode = fault.Kind is FaultKind.Crash or FaultKind.Freeze or FaultKind.Shutdown or FaultKind.BadSettings or FaultKind.ClockJumps;
        if (needsNode && (!node.IsUp || node.IsStopping))
            return;

        FaultsMet++;
        Trace.Line(Scheduler.Now, "FAULT", fault.ToString());
        switch (fault.Kind)
        {
            case FaultKind.Crash:
                node.Crash();
                Later(fault, () => Restart(node));
                break;
            case FaultKind.Freeze:
                Life frozen = node.Life;
                if (frozen.IsFrozen)
                    break;
                frozen.Freeze(fault.Length);
                Later(fault, () => Thaw(frozen));
                break;
            case FaultKind.Shutdown:
                Life stopping = node.Life;
                node.Stop(fault.Length, used =>
                {
                    Oracle.Stopped(stopping, used);
                    stopping.Die();
                    Scheduler.After(TimeSpan.FromSeconds(2), null, "restart", () => Restart(node));
                });
                break;
            case FaultKind.StoreDown or FaultKind.StoreHangs or FaultKind.StoreSlow:
                StoreNetwork.Begin(fault.Kind switch { FaultKind.StoreDown => StoreMode.Down, FaultKind.StoreHangs => StoreMode.Hangs, _ => StoreMode.Slow }, fault.Id);
                Later(fault, () => StoreNetwork.End(fault.Id));
                break;
            case FaultKind.StoreAnswersLost:
                StoreNetwork.LoseAnswers(fault.Count);
                break;
            case FaultKind.StorePartition:
                StoreNetwork.Partition(node.Name, fault.User % 2 == 0 ? StoreMode.Hangs : StoreMode.Down);
                Later(fault, () => StoreNetwork.Reunite(node.Name));
                break;
            case FaultKind.StoreGoesBack:
                (TimeSpan by, int rows) = Store.GoBack(fault.Length);
                Trace.Line(Scheduler.Now, "store", $"went back by {by.TotalSeconds:0.0} s; {rows} rows hold older refresh tokens");
                break;
            case FaultKind.ClockJumps:
                node.JumpClock(fault.Length);
                break;
            case FaultKind.Wire:
                Network.FailNext(fault.Wire, fault.Count, fault.Length);
                break;
            case FaultKind.ServerDown:
                Network.Outage = fault.Wire;
                Later(fault, () => Network.Outage = WireFault.None);
                break;
            case FaultKind.BadSettings:
                Life misled = node.Life;
                node.Reload(bad: true);
                Later(fault, () =>
                {
                    if (node.Life == misled && node.IsUp)
                        node.Reload(bad: false);
                });
                break;
            case FaultKind.LogsThrow:
                Listeners.LogsThrow = true;
                Later(fault, () => Listeners.LogsThrow = false);
                break;
            case FaultKind.TracesThrow:
                Listeners.TracesThrow = true;
                Later(fault, () => Listeners.TracesThrow = false);
                break;
            case FaultKind.ObserversThrow:
                Listeners.ObserversThrow = true;
                Later(fault, () => Listeners.ObserversThrow = false);
                break;
            case FaultKind.ObserversHang:
                Listeners.Hang();
                Later(fault, () => Listeners.Recover(Scheduler));
                break;
            case FaultKind.UserRevokes:
                if (Server.OfRefreshToken(Store.Find(Plan.Users[fault.User])?.Tokens.RefreshToken) is { } grant)
                    Server.End(grant, GrantEnd.RevokedByUser);
                break;
        }
    }

    private void Later(Fault fault, Action end) => Scheduler.After(fault.Length, null, "fault ends", () =>
    {
        Trace.Line(Scheduler.Now, "FAULT", $"#{fault.Id} ends");
        end();
    });

    private void Restart(Node node)
    {
        if (!node.IsUp)
            node.Start();
    }

    private void Thaw(Life life)
    {
        if (life is { IsDead: false, IsFrozen: true })
            life.Thaw();
    }
}
