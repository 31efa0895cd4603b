using System.Globalization;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>Makes the faults. What happens to one worker goes on beside the next fault; what happens to the database is waited for.</summary>
internal sealed class Injector(Fleet fleet, Databases databases, ITokenProtector protector, SimulatedAuthorizationServer server, History history, FaultTimes times, Random random, Action<string> say, TimeProvider time)
{
    public const string Freeze = "freeze";
    public const string Outage = "outage";
    public const string Failover = "failover";
    public const string Hang = "hang";
    public const string Drain = "drain";
    public const string Bouncer = "bouncer";

    /// <summary>How many answers are on their way when the database fails.</summary>
    private const int HeldAnswers = 4;

    private static readonly TimeSpan _longestHold = TimeSpan.FromMilliseconds(400);

    /// <summary>What the workers have to save what they kept, before something happens to them as well.</summary>
    private static readonly TimeSpan _saving = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan _placePatience = TimeSpan.FromSeconds(4);
    private static readonly string[] _places = [.. Failpoint.InWorker, .. Failpoint.AtServer];

    private readonly List<Task> _beside = [];

    public static IReadOnlyList<string> Kinds { get; } = [ChaosOptions.Kill, Freeze, Outage, Failover, Hang, Drain, Bouncer];

    private DateTimeOffset Now => time.GetUtcNow();

    public async Task InjectAsync(Injected fault)
    {
        history.Faults.Enqueue(fault);
        await (fault.Kind switch
        {
            ChaosOptions.Kill => BesideAsync(fault, KillAsync),
            Freeze => BesideAsync(fault, FreezeAsync),
            Outage => OutageAsync(fault),
            Failover => FailoverAsync(fault),
            Hang => HangAsync(fault),
            Drain => DrainAsync(fault),
            Bouncer => BouncerAsync(fault),
            _ => throw new InvalidOperationException(fault.Kind),
        });
    }

    /// <summary>Waits for what still goes on beside.</summary>
    public Task EndAsync() => Task.WhenAll(_beside);

    private TimeSpan Draw(TimeSpan from, TimeSpan to) => from + ((to - from) * random.NextDouble());

    private Task PauseAsync(TimeSpan pause) => Task.Delay(pause, time, CancellationToken.None);

    private static string Text(TimeSpan span) => span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    private void Tell(Injected fault, string detail)
    {
        fault.Detail = detail;
        say($"  {fault}");
    }

    /// <summary>Some workers must be left to find out what has become of the others' work.</summary>
    private async Task BesideAsync(Injected fault, Func<Injected, Life, Task> happen)
    {
        while (_beside.Count(static task => !task.IsCompleted) >= times.MostAtOnce)
            await PauseAsync(TimeSpan.FromMilliseconds(50));
        Life life = await TakeAsync();
        _beside.Add(AndGiveBackAsync());

        async Task AndGiveBackAsync()
        {
            await happen(fault, life);
            fleet.GiveBack(life);
        }
    }

    private async Task<Life> TakeAsync(Func<Life, bool>? which = null)
    {
        while (true)
        {
            if (fleet.TryTake(random, which) is { } life)
                return life;
            await PauseAsync(TimeSpan.FromMilliseconds(50));
        }
    }

    private async Task KillAsync(Injected fault, Life life)
    {
        string place = random.Next(3) == 0 ? "random" : _places[random.Next(_places.Length)];
        life.EndedBy = fault;
        FaultHold? hold = await ReachAsync(life, place, life.Process.Arm, () => life.Process.Ended.IsCompleted);
        life.DiedAt = Now;
        life.Process.Kill();
        await life.Process.Ended;
        hold?.Release(place == Failpoint.RequestSent && random.Next(2) == 0 ? Fault.DropBeforeProcessing() : null);
        Tell(fault, $"{life} {place}");
    }

    private async Task FreezeAsync(Injected fault, Life life)
    {
        string place = random.Next(3) == 0 ? "random" : _places[random.Next(_places.Length)];
        bool isLong = random.Next(2) == 0;
        TimeSpan lasts = isLong ? times.LeaseAndWatch + Draw(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)) : Draw(TimeSpan.FromSeconds(0.3), times.LeaseAndWatch - TimeSpan.FromSeconds(3));
        FaultHold? hold = await ReachAsync(life, place, life.Process.Stop, () => life.Process.IsStopped);
        Freeze freeze = life.Frozen(fault, Now);
        life.Process.Signal("STOP");
        hold?.Release();
        Tell(fault, $"{life} {place}, {Text(lasts)}");
        await PauseAsync(lasts);
        life.Process.Signal("CONT");
        freeze.To = Now;
    }

    /// <summary>Waits until a worker has come to a place, for some time.</summary>
    private async Task<FaultHold?> ReachAsync(Life life, string place, Action<string> arm, Func<bool> isReached)
    {
        if (place == "random")
        {
            await PauseAsync(Draw(TimeSpan.Zero, TimeSpan.FromSeconds(1)));
            return null;
        }

        FaultHold? hold = place switch
        {
            Failpoint.RequestSent => Fault.Hold(),
            Failpoint.Rotated => Fault.HoldReply(),
            _ => null,
        };
        if (hold is null)
            arm(place);
        else
            server.TokenEndpoint.FailNext(hold, when: request => request.Header(WorkerSettings.WorkerHeader) == life.Name);
        DateTimeOffset until = Now + _placePatience;
        while (Now < until && !(hold?.Reached.IsCompleted ?? isReached()))
            await PauseAsync(TimeSpan.FromMilliseconds(10));
        return hold;
    }

    /// <summary>The database is stopped as by a crash, for longer than a lease, while answers are on their way.</summary>
    private async Task OutageAsync(Injected fault)
    {
        TimeSpan lasts = times.Lease + Draw(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(3));
        Tell(fault, Text(lasts));
        await WithAnswersUnderWayAsync(null, databases.Cluster.KillAsync);
        await PauseAsync(lasts);
        await databases.Cluster.StartAgainAsync();
        await PauseAsync(_saving);
    }

    /// <summary>
    /// The database is lost, and a standby takes its place that has not received the last commits: what the workers remember of those has to be stored again. What the standby holds is written down
    /// before any worker can change it.
    /// </summary>
    private async Task FailoverAsync(Injected fault)
    {
        PostgresCluster standby = await databases.Cluster.StartStandbyAsync();
        TimeSpan lag = Draw(TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await standby.StopReceivingAsync();
        await PauseAsync(lag);
        await WithAnswersUnderWayAsync(null, databases.Cluster.KillAsync);
        DateTimeOffset failedAt = Now;
        IReadOnlyDictionary<string, StandbyRow> rows = await databases.ReadAsync(standby, protector);
        DateTimeOffset openAt = default;
        await databases.Cluster.FailOverAsync(standby, () => openAt = Now);
        history.Promotions.Enqueue(new Promotion(fault, failedAt, openAt, rows));
        Tell(fault, $"{Text(lag)} behind, {Text(Now - failedAt)} down");
        await PauseAsync(_saving);
    }

    /// <summary>The database stops where it is: connections stay open, nothing is answered and nothing refused.</summary>
    private async Task HangAsync(Injected fault)
    {
        TimeSpan lasts = Draw(TimeSpan.FromSeconds(0.5), times.Lease + TimeSpan.FromSeconds(3));
        Tell(fault, Text(lasts));
        await WithAnswersUnderWayAsync(null, databases.Cluster.SuspendAsync);
        await PauseAsync(lasts);
        await databases.Cluster.ResumeAsync();
        await PauseAsync(_saving);
    }

    /// <summary>A worker is told to stop while it cannot save; the database comes back within its time, or when it has ended.</summary>
    private async Task DrainAsync(Injected fault)
    {
        Life life = await TakeAsync();
        life.EndedBy = fault;
        bool isInTime = random.Next(5) < 3;
        TimeSpan early = Draw(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6));
        Tell(fault, $"{life} {(life.HasSpill ? "with" : "without")} a local folder, the database is back {(isInTime ? "after " + Text(early) : "when it has ended")}");
        await WithAnswersUnderWayAsync(life, databases.Cluster.KillAsync);
        life.ToldToStopAt = Now;
        life.Process.Signal("TERM");
        await (isInTime ? PauseAsync(early) : life.Process.Ended);
        await databases.Cluster.StartAgainAsync();
        await life.Process.Ended;
        await PauseAsync(_saving);
    }

    /// <summary>The connection pooler between workers and database is killed and started again.</summary>
    private async Task BouncerAsync(Injected fault)
    {
        TimeSpan lasts = Draw(TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(4));
        Tell(fault, Text(lasts));
        await WithAnswersUnderWayAsync(null, databases.Bouncer!.KillAsync);
        await PauseAsync(lasts);
        await databases.Bouncer.StartAgainAsync();
        await PauseAsync(_saving);
    }

    /// <summary>Lets something happen between a rotation at the server and its answer, for some requests.</summary>
    private async Task WithAnswersUnderWayAsync(Life? life, Func<Task> happen)
    {
        FaultHold hold = Fault.HoldReply();
        var held = new HeldReplies(Now, life?.Name);
        history.Holds.Enqueue(held);
        server.TokenEndpoint.FailNext(hold, HeldAnswers, request => life is null || request.Header(WorkerSettings.WorkerHeader) == life.Name);
        await Task.WhenAny(hold.Reached, PauseAsync(TimeSpan.FromSeconds(2)));
        Task happened = happen();
        await Task.WhenAny(happened, PauseAsync(_longestHold)); // Not as long as a request may take.
        hold.Release();
        held.To = Now;
        await happened;
    }
}

/// <summary>The times that the drawn ones are measured by.</summary>
internal sealed record FaultTimes(TimeSpan Lease, TimeSpan Watch, TimeSpan Shutdown)
{
    public TimeSpan LeaseAndWatch => Lease + Watch;

    /// <summary>How many workers may be held up or ended at the same time.</summary>
    public int MostAtOnce => 2;
}
