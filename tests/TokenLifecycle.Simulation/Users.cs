namespace TokenLifecycle.Simulation;

/// <summary>The app and its users: calls that may be cancelled at any time, and what must hold for each.</summary>
internal sealed class Users(World world)
{
    /// <summary>A live token that is remembered is served within this time, whatever has failed.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(300);

    /// <summary>As long as a live token is waited for that ends so soon that a refresh is tried first.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);

    /// <summary>Between the library's look at its clock and this one another event or two may run.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(40);

    /// <summary>A process that could not read the store looks again after this, and until then knows what it knew.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(Life Life, TokenKey Key), Known> _known = [];
    private readonly Dictionary<(Life Life, TokenKey Key), long> _disconnected = [];
    private readonly Dictionary<TokenKey, int> _disconnecting = [];
    private readonly Dictionary<TokenKey, int> _connecting = [];

    /// <summary>Gets how many calls have not come back.</summary>
    public int Waiting { get; private set; }

    /// <summary>The last time that each user got a token.</summary>
    public Dictionary<TokenKey, long> Served { get; } = [];

    public void Do(UserAct act)
    {
        TokenKey key = world.Plan.Users[act.User];
        if (UpFrom(act.Node) is not { } node)
            return;

        for (int i = 0; i < (act.Kind == UserActKind.Burst ? act.Count : 1); i++)
            world.Scheduler.After(TimeSpan.FromMilliseconds(200 * i), node.Life, "user", () => Begin(node, act, key));
    }

    private void Begin(Node node, UserAct act, TokenKey key)
    {
        if (node.IsStopping)
            return;
        var cancel = new CancellationTokenSource();
        if (act.CancelAfter is { } after)
            world.Scheduler.After(after, node.Life, "caller cancels", cancel.Cancel);
        _ = act.Kind switch
        {
            UserActKind.ForceRefresh => ForceAsync(node, key, cancel.Token),
            UserActKind.Disconnect => DisconnectAsync(node, key),
            UserActKind.Connect => ConnectAsync(node, key, isFirst: false),
            UserActKind.Status => StatusAsync(node, key, cancel.Token),
            UserActKind.GetForLong => GetAsync(node, key, TimeSpan.FromSeconds(70), cancel.Token),
            _ => GetAsync(node, key, null, cancel.Token),
        };
    }

    public async Task GetAsync(Node node, TokenKey key, TimeSpan? validity, CancellationToken cancel)
    {
        Life life = node.Life;
        long began = world.Scheduler.Now;
        Known? known = LatestKnown(life, key);
        string said = "";
        Waiting++;
        try
        {
            AccessToken token = validity is { } asked
                ? await node.Tokens.GetAccessTokenAsync(key, asked, cancel).ConfigureAwait(false)
                : await node.Tokens.GetAccessTokenAsync(key, cancel).ConfigureAwait(false);
            said = token.Value;
            Check(node, life, key, token, began);
        }
        catch (Exception refusal)
        {
            said = Refused(node, life, key, refusal, began, isServing: known is not null, cancel);
        }

        Waiting--;
        world.Trace.Line(world.Scheduler.Now, life.ToString(), $"{key.UserId} asked and got {said}");
        if (known is not null && validity is null)
            CheckTime(node, life, key, known, began);
    }

    private async Task ForceAsync(Node node, TokenKey key, CancellationToken cancel)
    {
        Life life = node.Life;
        long began = world.Scheduler.Now;
        string said;
        Waiting++;
        try
        {
            AccessToken token = await node.Tokens.RefreshAsync(key, rejected: null, cancel).ConfigureAwait(false);
            said = token.Value;
            Check(node, life, key, token, began);
        }
        catch (Exception refusal)
        {
            said = Refused(node, life, key, refusal, began, isServing: false, cancel);
        }

        Waiting--;
        world.Trace.Line(world.Scheduler.Now, life.ToString(), $"{key.UserId} had it refreshed and got {said}");
    }

    private async Task StatusAsync(Node node, TokenKey key, CancellationToken cancel)
    {
        Life life = node.Life;
        long began = world.Scheduler.Now;
        Waiting++;
        string said;
        try
        {
            said = (await node.Tokens.GetStatusAsync(key, cancel).ConfigureAwait(false)).State.ToString();
        }
        catch (Exception refusal)
        {
            said = Refused(node, life, key, refusal, began, isServing: false, cancel);
        }

        Waiting--;
        world.Trace.Line(world.Scheduler.Now, life.ToString(), $"{key.UserId} is {said}");
    }

    private async Task DisconnectAsync(Node node, TokenKey key)
    {
        Life life = node.Life;
        world.Oracle.Disconnecting(key);
        _disconnecting[key] = _disconnecting.GetValueOrDefault(key) + 1;
        ForgetKnown(key);
        world.Trace.Line(world.Scheduler.Now, life.ToString(), $"{key.UserId} disconnects");
        Waiting++;
        string said;
        try
        {
            said = (await node.Tokens.DisconnectAsync(key).ConfigureAwait(false)).ToString();
            if (world.Store.Find(key) is null && !_connecting.ContainsKey(key))
                _disconnected[(life, key)] = world.Scheduler.Now;
        }
        catch (Exception refusal)
        {
            said = Refused(node, life, key, refusal, world.Scheduler.Now, isServing: false, CancellationToken.None);
        }

        Waiting--;
        if (--_disconnecting[key] == 0)
            _disconnecting.Remove(key);
        ForgetKnown(key);
        world.Trace.Line(world.Scheduler.Now, life.ToString(), $"{key.UserId} has disconnected: {said}");
    }

    /// <summary>The user grants at the provider, and the app saves what it got.</summary>
    public async Task ConnectAsync(Node node, TokenKey key, bool isFirst)
    {
        Life life = node.Life;
        Grant grant = world.Server.Connect(key, isOdd: isFirst && world.Plan.OddUser is { } odd && world.Plan.Users[odd] == key);
        grant.ConnectedBy = life;
        ForgetKnown(key);
        foreach ((Life whose, TokenKey of) in _disconnected.Keys.Where(entry => entry.Key == key).ToList())
            _disconnected.Remove((whose, of));
        Waiting++;
        _connecting[key] = _connecting.GetValueOrDefault(key) + 1;
        string said = "connected";
        try
        {
            await node.Tokens.SaveAsync(key, world.Server.NewTokens(grant, node.Clock.GetUtcNow())).ConfigureAwait(false);
            life.Remembers[grant] = Math.Max(life.Remembers.GetValueOrDefault(grant), 0);
        }
        catch (Exception refusal)
        {
            said = Refused(node, life, key, refusal, world.Scheduler.Now, isServing: false, CancellationToken.None);
        }

        Waiting--;
        if (--_connecting[key] == 0)
            _connecting.Remove(key);
        ForgetKnown(key);
        world.Trace.Line(world.Scheduler.Now, life.ToString(), $"{key.UserId} connects with {grant}: {said}");
    }

    public void ForgetKnown(TokenKey key)
    {
        foreach ((Life life, TokenKey whose) in _known.Keys.Where(entry => entry.Key == key).ToList())
            _known.Remove((life, whose));
    }

    public Node? UpFrom(int first)
    {
        for (int i = 0; i < world.Nodes.Count; i++)
        {
            Node node = world.Nodes[(first + i) % world.Nodes.Count];
            if (node.IsUp && !node.IsStopping)
                return node;
        }

        return null;
    }

    private void Check(Node node, Life life, TokenKey key, AccessToken token, long began)
    {
        Grant? grant = world.Server.OfAccessToken(token.Value);
        if (grant is null || grant.Key != key)
            world.Oracle.Violate($"{key.UserId} got {token.Value} at {life}, which is {(grant is null ? "nobody's" : grant.Key.UserId)}");
        if (token.ExpiresAt + Tolerance <= node.Clock.GetUtcNow() && life.RanSince(began) && node.ClockJumpedAt < began)
            world.Oracle.Violate($"{key.UserId} got {token.Value} at {life}, which has ended by {node.Name}'s clock");
        if (_disconnected.TryGetValue((life, key), out long ended) && began > ended && (grant?.SavedFirstAt <= ended || grant?.ConnectedBy == life))
            world.Oracle.Violate($"{key.UserId} got {token.Value} at {life}, where it had disconnected");

        Served[key] = world.Scheduler.Now;
        world.Oracle.Remembers(life, token.Value);
        if (token.ExpiresAt is { } end)
        {
            long endsAt = world.Scheduler.Now + (end - node.Clock.GetUtcNow()).Ticks;
            if (_known.TryGetValue((life, key), out Known? before) && before.Token == token.Value)
                endsAt = Math.Min(endsAt, before.EndsAt); // A clock that was set back makes no token live longer.
            _known[(life, key)] = new Known(token.Value, end, endsAt);
        }
    }

    /// <returns>What to say of it.</returns>
    private string Refused(Node node, Life life, TokenKey key, Exception refusal, long began, bool isServing, CancellationToken cancel)
    {
        switch (refusal)
        {
            case OperationCanceledException when cancel.IsCancellationRequested:
                return "cancelled";
            case TokenTemporarilyUnavailableException unavailable:
                if (isServing && LatestKnown(life, key) is { } known && known.RemainingAt(node, world) > Soon)
                    world.Oracle.Violate($"{key.UserId} was refused at {life} ({unavailable.Kind}), although a token is remembered that lives {known.RemainingAt(node, world).TotalSeconds:0.0} s more");
                return $"nothing: {unavailable.Kind}";
            case ReauthorizationRequiredException ended:
                _known.Remove((life, key));
                CheckEnded(life, key, ended.Reason, began);
                return $"to connect again: {ended.Reason}";
            case ProviderConfigurationException settings:
                if (settings.Reason == ProviderConfigurationReason.InvalidOptions)
                    world.Oracle.Violate($"{key.UserId} was refused at {life}, because a reload of the settings failed");
                return $"nothing: {settings.Reason}";
            default:
                world.Oracle.Violate($"a call for {key.UserId} at {life} threw {refusal.GetType().Name}: {refusal.Message}");
                return $"a {refusal.GetType().Name}";
        }
    }

    /// <summary>A user must not be asked to connect while the grant is live, stored and not ended.</summary>
    private void CheckEnded(Life life, TokenKey key, ReauthorizationReason reason, long began)
    {
        if (!_disconnecting.ContainsKey(key) && world.Store.Find(key) is { Reauthorization: null } row && world.Store.ChangedAt(key) < began - (world.Plan.CacheDuration + PauseAfterFailure).Ticks && world.Server.IsLive(row.Tokens.RefreshToken)
            && world.Server.OfRefreshToken(row.Tokens.RefreshToken) is { IsOdd: false } && world.StoreNetwork.IsUpFor(life))
        {
            world.Oracle.Violate($"{key.UserId} was asked to connect again at {life} ({reason}), although {row.Tokens.RefreshToken} is stored and live");
        }
    }

    /// <summary>The token that a process remembers, unless it may have seen a newer one, which another process's clock may have dated otherwise, or its own clock was set back since: the
    /// library goes by what both of its clocks said when it first saw the token.</summary>
    private Known? LatestKnown(Life life, TokenKey key) =>
        _known.TryGetValue((life, key), out Known? known) && world.Server.OfAccessToken(known.Token) is { } grant && grant.LatestAccessToken == known.Token
        && world.Server.OfRefreshToken(world.Store.Find(key)?.Tokens.RefreshToken) == grant && life.ClockWentBackAt < grant.RefreshedAt ? known : null;

    private void CheckTime(Node node, Life life, TokenKey key, Known known, long began)
    {
        if (LatestKnown(life, key) != known || life.IsDead || !life.RanSince(began))
            return;

        TimeSpan took = TimeSpan.FromTicks(world.Scheduler.Now - began);
        TimeSpan left = known.RemainingAt(node, world);
        if ((left > Ample && took > AtOnce) || (left > TimeSpan.Zero && took > Soon))
            world.Oracle.Violate($"{key.UserId} waited {took.TotalSeconds:0.000} s at {life}, although a token is remembered that lives {left.TotalSeconds:0.0} s more");
    }

    /// <summary>A token that a process has handed out, and so remembers.</summary>
    private sealed record Known(string Token, DateTimeOffset Ends, long EndsAt)
    {
        /// <summary>By the stricter of the process's two clocks.</summary>
        public TimeSpan RemainingAt(Node node, World world)
        {
            TimeSpan wall = Ends - node.Clock.GetUtcNow();
            TimeSpan monotonic = TimeSpan.FromTicks(EndsAt - world.Scheduler.Now);
            return wall < monotonic ? wall : monotonic;
        }
    }
}
