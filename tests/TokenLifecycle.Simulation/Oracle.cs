using System.Globalization;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Simulation;

/// <summary>
/// Knows what is true and checks it at every step: by the server's log, the store's rows and the lives of the processes, never by the library's word. What it allows stands in law 2.
/// </summary>
internal sealed class Oracle(World world)
{
    /// <summary>More than this many requests for one connection within a minute is a loop, whatever fails (O7).</summary>
    private const int MostRequestsInAMinute = 14;

    /// <summary>Where the provider accepts a refresh token only once, a request that had no certain answer is not repeated at once.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(30);

    private readonly List<string> _violations = [];
    private readonly HashSet<TokenKey> _disconnected = [];

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Gets how many grants were lost, by the letters of law 2.</summary>
    public int[] Lost { get; } = new int[4];

    /// <summary>Gets or sets how many of those for which the store went back another live process remembered the newer row; the one that sent did not.</summary>
    public int LostBesideMemory { get; private set; }

    public List<string> Losses { get; } = [];

    private long Now => world.Scheduler.Now;

    public void Violate(string what)
    {
        _violations.Add(what);
        world.Trace.Line(Now, "ORACLE", what);
    }

    /// <summary>A process has handed out a token: it remembers from then on the row that holds it.</summary>
    public void Remembers(Life life, string accessToken)
    {
        if (world.Server.OfAccessToken(accessToken) is { } grant)
            life.Remembers[grant] = Math.Max(life.Remembers.GetValueOrDefault(grant), grant.RefreshTokenBeside(accessToken));
    }

    /// <summary>A process has saved a row: it remembers from then on what it holds.</summary>
    public void Saved(Life life, StoredToken row)
    {
        if (world.Server.OfRefreshToken(row.Tokens.RefreshToken) is not { } grant)
            return;
        if (grant.Key != row.Key)
            Violate($"{life} read for {row.Key.UserId} the row of {grant.Key.UserId}");
        int number = AuthorizationServer.NumberOf(row.Tokens.RefreshToken!);
        life.Remembers[grant] = Math.Max(life.Remembers.GetValueOrDefault(grant), number);
    }

    public void Disconnecting(TokenKey key) => _disconnected.Add(key);

    /// <summary>A refresh request leaves a process.</summary>
    public void Sending(Grant grant, TokenExchange exchange)
    {
        exchange.LeasedAt = exchange.Life.LeasedAt.GetValueOrDefault(grant.Key, Now);
        foreach (TokenExchange other in grant.Open)
        {
            if (!other.IsOver && other.Life.RanSince(other.At) && grant.End is null && Math.Min(other.LeasedAt, exchange.LeasedAt) > world.Store.WentBackAt)
                Violate($"{exchange.Life} sends the refresh token of {grant} while {other.Life} still waits for its answer");
        }

        if (grant.Key.IsOf(Plan.Strict) && grant.Last is { WasAnswered: false } last && last.RefreshToken == exchange.RefreshToken && last.Life == exchange.Life && exchange.Life.RanSince(last.At) && Now - last.OverAt < Patience.Ticks)
            Violate($"{exchange.Life} sends {exchange.RefreshToken} again at once, although no answer came to the request of {Time(last.At)}");
        grant.Last = exchange;
        grant.Open.RemoveAll(static other => other.IsOver || other.Life.IsDead);
        grant.Open.Add(exchange);

        grant.Asked.Enqueue(Now);
        while (Now - grant.Asked.Peek() > TimeSpan.TicksPerMinute)
            grant.Asked.Dequeue();
        if (grant.Asked.Count > MostRequestsInAMinute)
            Violate($"{grant.Asked.Count} token requests for {grant} within a minute");
    }

    /// <summary>A spent refresh token was sent to the server, whose grace is over: the grant ends. Whose fault is it?</summary>
    public void Reused(Grant grant, Rotation rotation, TokenExchange exchange)
    {
        if (world.Server.OfRefreshToken(world.Store.Find(grant.Key)?.Tokens.RefreshToken) != grant)
            return; // Nobody's connection any more.

        (char cause, string why) = Judge(grant, rotation, exchange);
        if (cause == '-')
        {
            Violate($"{grant} of {grant.Key.UserId} is lost: {exchange.Life} sent .{rotation.From} again, {why}");
            return;
        }

        grant.Loss = cause;
        grant.LostLeaseAt = rotation.Exchanges.Select(static holder => holder.LeasedAt).Append(rotation.At).Min();
        Lost[cause - 'a']++;
        string line = $"({cause}) {grant} of {grant.Key.UserId}: {why}";
        Losses.Add(line);
        world.Trace.Line(Now, "ORACLE", $"lost {line}");
    }

    private (char Cause, string Why) Judge(Grant grant, Rotation rotation, TokenExchange sent)
    {
        if (!rotation.WasRolledBack && rotation.Exchanges.Append(sent).FirstOrDefault(holder => holder.LeasedAt < world.Store.WentBackAt) is { } forgotten)
            return ('d', $"the store went back and forgot the lease of {forgotten.Life}");

        if (rotation.StoredAt is not null)
        {
            if (!rotation.WasRolledBack)
                return ('-', $"although the store held .{rotation.To} since {Time(rotation.StoredAt.Value)}");
            if (sent.Life.Remembers.GetValueOrDefault(grant) >= rotation.To)
                return ('-', $"although it remembered .{rotation.To} when the store went back");
            if (world.Nodes.Any(node => node.IsUp && !node.Life.IsFrozen && node.Life.Remembers.GetValueOrDefault(grant) >= rotation.To))
                LostBesideMemory++;
            return ('d', $"the store went back, and {sent.Life} did not remember .{rotation.To}");
        }

        foreach (TokenExchange holder in rotation.Exchanges.Where(holder => !holder.Life.IsDead && (rotation.Reached.Contains(holder) || !holder.IsOver)))
        {
            // Counted from when the lease was taken: that is when the time runs that the others wait.
            long patience = holder.LeasedAt + world.Plan.LeaseDuration.Ticks + world.Plan.Watch.Ticks - TimeSpan.TicksPerSecond;
            bool stoodStill = holder.Life.LongestFreezeSince(holder.At) >= world.Plan.LeaseDuration && (holder.Life.IsFrozen ? holder.Life.FrozenUntil : Now) >= patience;
            if (!stoodStill)
            {
                return ('-', rotation.Reached.Contains(holder)
                    ? $"although {holder.Life} lives and had received .{rotation.To}"
                    : $"although {holder.Life} still waits for the answer to its request of {Time(holder.At)}");
            }
        }

        if (rotation.Exchanges.Any(static holder => !holder.Life.IsDead && holder.Life.LongestFreezeSince(holder.At) > TimeSpan.Zero) && rotation.Reached.Exists(static holder => !holder.Life.IsDead))
            return ('c', "the process that received the answer stood still for longer than lease and watch");
        return rotation.Reached.Count > 0
            ? ('b', $"{rotation.Reached[0].Life} had received .{rotation.To} and died before it was saved")
            : ('a', $"no process received the answer that held .{rotation.To}");
    }

    /// <summary>A row of the store has changed.</summary>
    public void Changed(StoredToken? before, StoredToken? after)
    {
        if (after is null)
        {
            if (!_disconnected.Contains(before!.Key))
                Violate($"the row of {before.Key.UserId} was deleted, and nobody had asked for it");
            return;
        }

        if (after.Tokens.RefreshToken is not { } token || world.Server.OfRefreshToken(token) is not { } grant)
        {
            Violate($"the row of {after.Key.UserId} was left without its refresh token");
            return;
        }

        if (grant.Key != after.Key)
            Violate($"the row of {after.Key.UserId} got the token of {grant.Key.UserId}");
        if (world.Server.OfAccessToken(after.Tokens.AccessToken) is { } access && access.Key != after.Key)
            Violate($"the row of {after.Key.UserId} got the access token of {access.Key.UserId}");
        grant.SavedFirstAt ??= Now;
        int number = AuthorizationServer.NumberOf(token);
        if (before?.Tokens.RefreshToken is { } former && world.Server.OfRefreshToken(former) == grant && AuthorizationServer.NumberOf(former) > number)
            Violate($"the row of {after.Key.UserId} went from {former} back to {token}");
        if (number > 0 && !string.Equals(before?.Tokens.RefreshToken, token, StringComparison.Ordinal))
            Stored(grant.Rotations[number - 1]);
        if (after.Reauthorization is { } reason && before?.Reauthorization is null)
            Ended(after, grant, reason);
    }

    private void Stored(Rotation rotation)
    {
        rotation.StoredAt = Now;
        rotation.WasRolledBack = false;
    }

    private void Ended(StoredToken row, Grant grant, ReauthorizationReason reason)
    {
        if (world.Server.IsLive(row.Tokens.RefreshToken) && !grant.IsOdd)
            Violate($"{row.Key.UserId} is asked to connect again ({reason}), although {row.Tokens.RefreshToken} is live");
        if (grant is { Loss: 'a' or 'b' or 'c' } && world.Store.WentBackAt <= grant.LostLeaseAt && reason != ReauthorizationReason.LostRotation)
            Violate($"{row.Key.UserId} is told {reason}, although its grant was lost by ({grant.Loss})");
    }

    /// <summary>The store went back: this row was newer.</summary>
    public void WentBack(StoredToken newer, StoredToken older)
    {
        if (world.Server.OfRefreshToken(newer.Tokens.RefreshToken) is not { } grant || world.Server.OfRefreshToken(older.Tokens.RefreshToken) != grant)
            return;
        for (int number = AuthorizationServer.NumberOf(older.Tokens.RefreshToken!); number < AuthorizationServer.NumberOf(newer.Tokens.RefreshToken!); number++)
            grant.Rotations[number].WasRolledBack = true;
    }

    /// <summary>A process was stopped. Whatever it held and could have saved in its time must be saved.</summary>
    public void Stopped(Life life, bool usedItsTime)
    {
        foreach (Grant grant in world.Server.Grants.Where(grant => grant.End is null && world.Server.OfRefreshToken(world.Store.Find(grant.Key)?.Tokens.RefreshToken) == grant))
        {
            Rotation? unsaved = grant.Rotations.LastOrDefault(rotation => rotation.StoredAt is null && rotation.Reached.Exists(exchange => exchange.Life == life));
            if (unsaved is not null && unsaved.To == grant.Current && !usedItsTime)
                Violate($"{life} stopped before its time was up, although it held the only copy of {grant.RefreshToken(unsaved.To)}");
        }
    }

    private static string Time(long ticks) => (ticks / (double)TimeSpan.TicksPerSecond).ToString("0.000", CultureInfo.InvariantCulture) + " s";
}
