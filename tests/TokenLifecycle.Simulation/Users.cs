namespace TokenLifecycle.Simulation;

/// <summary>The app and its users: calls that may be cancelled at any time, and what must hold for each.</summary>
internal sealed class Users(World world)
{
    /// <summary>A live token that is remembered is served within this time, whatever has failed.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(300);

    /// <summary>As long as a live token is waited for that ends so soon that a refresh is tried first.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(40);

    private readonly Dictionary<(Life Life, TokenKey Key), Known> _known = [];
    private readonly Dictionary<(Life Life, TokenKey Key), long> _disconnected = [];

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
        Known? known = _known.GetValueOrDefault((life, key));
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
        ForgetKnown(key);
        world.Trace.Line(world.Scheduler.Now, life.ToString(), $"{key.UserId} disconnects");
        Waiting++;
        string said;
        try
        {
            said = (await node.Tokens.DisconnectAsync(key).ConfigureAwait(false)).ToString();
            if (world.Store.Find(key) is null)
                _disconnected[(life, key)] = world.Scheduler.Now;
        }
        catch (Exception refusal)
        {
            said = Refused(node, life, key, refusal, world.Scheduler.Now, isServing: false, CancellationToken.None);
        }

        Waiting--;
        ForgetKnown(key);
        world.Trace.Line(world.Scheduler.Now, life.ToString(), $"{key.UserId} has disconnected: {said}");
    }

    /// <summary>The user grants at the provider, and the app saves what it got.</summary>
    public async Task ConnectAsync(Node node, TokenKey key, bool isFirst)
    {
        Life life = node.Life;
        Grant grant = world.Server.Connect(key, isOdd: isFirst && world.Plan.OddUser is { } odd && world.Plan.Users[odd] == key);
        ForgetKnown(key);
        foreach ((Life whose, TokenKey of) in _disconnected.Keys.Where(entry => entry.Key == key).ToList())
            _disconnected.Remove((whose, of));
        Waiting++;
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
        if (token.ExpiresAt <= node.Clock.GetUtcNow())
            world.Oracle.Violate($"{key.UserId} got {token.Value} at {life}, which has ended by {node.Name}'s clock");
        if (_disconnected.TryGetValue((life, key), out long ended) && began > ended)
            world.Oracle.Violate($"{key.UserId} got {token.Value} at {life}, where it had disconnected");

        Served[key] = world.Scheduler.Now;
        if (token.ExpiresAt is { } end)
            _known[(life, key)] = new Known(end, world.Scheduler.Now + (end - node.Clock.GetUtcNow()).Ticks);
    }

    /// <returns>What to say of it.</returns>
    private string Refused(Node node, Life life, TokenKey key, Exception refusal, long began, bool isServing, CancellationToken cancel)
    {
        switch (refusal)
        {
            case OperationCanceledException when cancel.IsCancellationRequested:
                return "cancelled";
            case TokenTemporarilyUnavailableException unavailable:
                if (isServing && _known.TryGetValue((life, key), out Known? known) && known.RemainingAt(node, world) > Soon)
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
        if (world.Store.Find(key) is { Reauthorization: null } row && world.Store.ChangedAt(key) < began && world.Server.IsLive(row.Tokens.RefreshToken)
            && world.Server.OfRefreshToken(row.Tokens.RefreshToken) is { IsOdd: false } && world.StoreNetwork.IsUpFor(life))
        {
            world.Oracle.Violate($"{key.UserId} was asked to connect again at {life} ({reason}), although {row.Tokens.RefreshToken} is stored and live");
        }
    }

    private void CheckTime(Node node, Life life, TokenKey key, Known known, long began)
    {
        if (!_known.ContainsKey((life, key)) || life.IsDead || !life.RanSince(began))
            return;

        TimeSpan took = TimeSpan.FromTicks(world.Scheduler.Now - began);
        TimeSpan left = known.RemainingAt(node, world);
        if ((left > Ample && took > AtOnce) || (left > TimeSpan.Zero && took > Soon))
            world.Oracle.Violate($"{key.UserId} waited {took.TotalSeconds:0.000} s at {life}, although a token is remembered that lives {left.TotalSeconds:0.0} s more");
    }

    /// <summary>A token that a process has handed out, and so remembers.</summary>
    private sealed record Known(DateTimeOffset Ends, long EndsAt)
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
