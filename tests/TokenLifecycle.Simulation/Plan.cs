using System.Globalization;
using TokenLifecycle.Options;

namespace TokenLifecycle.Simulation;

internal enum FaultKind
{
    Crash,
    Freeze,
    Shutdown,
    StoreDown,
    StoreHangs,
    StoreSlow,
    StoreAnswersLost,
    StorePartition,
    StoreGoesBack,
    ClockJumps,
    Wire,
    ServerDown,
    BadSettings,
    LogsThrow,
    TracesThrow,
    ObserversThrow,
    ObserversHang,
    UserRevokes,
}

/// <summary>One thing that goes wrong.</summary>
internal sealed record Fault(int Id, TimeSpan At, FaultKind Kind)
{
    public int Node { get; init; }

    public int User { get; init; }

    public TimeSpan Length { get; init; }

    public int Count { get; init; } = 1;

    public WireFault Wire { get; init; }

    /// <summary>Gets for how long it waits for a token request, to come about while the answer is on its way or is being saved. Zero: it comes at its time.</summary>
    public TimeSpan Waits { get; init; }

    /// <summary>Gets how long after the request it comes.</summary>
    public TimeSpan Delay { get; init; }

    public TimeSpan End => At + Waits + Delay + Length;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"#{Id} at {At.TotalSeconds:0.0} s{(Waits > TimeSpan.Zero ? $" or the first token request within {Waits.TotalSeconds:0} s" : "")}: ") + Kind switch
    {
        FaultKind.Crash => $"n{Node + 1} crashes and comes back after {Text(Length)}",
        FaultKind.Freeze => $"n{Node + 1} stands still for {Text(Length)}",
        FaultKind.Shutdown => $"n{Node + 1} is stopped with {Text(Length)} to do so, and started again",
        FaultKind.StoreDown => $"the store is down for {Text(Length)}",
        FaultKind.StoreHangs => $"the store answers nothing for {Text(Length)}",
        FaultKind.StoreSlow => $"the store is slow for {Text(Length)}",
        FaultKind.StoreAnswersLost => $"the store's next {Count} answers are lost",
        FaultKind.StorePartition => $"n{Node + 1} does not reach the store for {Text(Length)}",
        FaultKind.StoreGoesBack => $"the store goes back by {Text(Length)}",
        FaultKind.ClockJumps => string.Create(CultureInfo.InvariantCulture, $"the wall clock of n{Node + 1} jumps by {Length.TotalSeconds:+0;-0} s"),
        FaultKind.Wire => $"the next {Count} token request(s): {Wire} ({Text(Length)})",
        FaultKind.ServerDown => $"every token request for {Text(Length)}: {Wire}",
        FaultKind.BadSettings => $"n{Node + 1} reloads settings with a mistake, mended after {Text(Length)}",
        FaultKind.UserRevokes => $"u{User + 1} withdraws the grant at the provider",
        _ => $"{Kind} for {Text(Length)}",
    };

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}

internal enum UserActKind
{
    Get,
    GetForLong,
    Burst,
    ForceRefresh,
    Disconnect,
    Connect,
    Status,
}

/// <summary>One thing that a user has the app do.</summary>
internal sealed record UserAct(TimeSpan At, UserActKind Kind, int Node, int User, TimeSpan? CancelAfter, int Count);

/// <summary>Everything that is decided before a run begins: the fleet, its settings, its users, and what goes wrong. Drawn from the seed alone.</summary>
internal sealed class Plan
{
    public const string Strict = "strict";
    public const string Lenient = "lenient";

    public Plan(ulong seed, int steps)
    {
        Seed = seed;
        var random = new SeededRandom(seed);
        Nodes = random.Chance(0.65) ? 2 : 3;
        Providers = random.Chance(0.3) ? [Strict, Lenient] : [Strict];
        Users = [.. Enumerable.Range(1, random.Between(2, 5)).Select(i => new TokenKey(Providers[i % Providers.Count], $"u{i}"))];
        OddUser = random.Chance(0.15) ? random.Below(Users.Count) : null;
        Lifetime = TimeSpan.FromSeconds(random.Pick([90, 180, 300, 600]));
        LenientGrace = TimeSpan.FromSeconds(random.Pick([30, 120]));
        int deadline = random.Pick([4, 5, 10, 10]);
        TokenEndpointTimeout = TimeSpan.FromSeconds(deadline);
        SaveTimeout = TimeSpan.FromSeconds(deadline);
        LeaseDuration = TimeSpan.FromSeconds(deadline * 6);
        CacheDuration = TimeSpan.FromSeconds(random.Pick([0, 5, 60]));
        Sweeps = [.. Enumerable.Range(0, Nodes).Select(_ => random.Chance(0.6))];
        ClockOffsets = [.. Enumerable.Range(0, Nodes).Select(_ => random.Chance(0.5) ? TimeSpan.Zero : random.Seconds(-90, 90))];
        Length = TimeSpan.FromSeconds(steps * random.Seconds(3, 10).TotalSeconds);
        Acts = DrawActs(random.Fork(1), steps);
        Faults = DrawFaults(random.Fork(2));
    }

    public ulong Seed { get; }

    public int Nodes { get; }

    public IReadOnlyList<string> Providers { get; }

    public IReadOnlyList<TokenKey> Users { get; }

    /// <summary>Gets whose grant the server answers with <c>invalid_client</c>.</summary>
    public int? OddUser { get; }

    public TimeSpan Lifetime { get; }

    public TimeSpan LenientGrace { get; }

    public TimeSpan TokenEndpointTimeout { get; }

    public TimeSpan SaveTimeout { get; }

    public TimeSpan LeaseDuration { get; }

    public TimeSpan CacheDuration { get; }

    /// <summary>Gets how long whoever takes over an expired lease watches before it sends the refresh token: the library's default, which is more if a save may take longer.</summary>
    public TimeSpan Watch => TimeSpan.FromSeconds(Math.Max(5, SaveTimeout.TotalSeconds + 1));

    public IReadOnlyList<bool> Sweeps { get; }

    public IReadOnlyList<TimeSpan> ClockOffsets { get; }

    /// <summary>Gets for how long things happen and go wrong.</summary>
    public TimeSpan Length { get; }

    public IReadOnlyList<UserAct> Acts { get; }

    public IReadOnlyList<Fault> Faults { get; private init; }

    public bool IsWatched => Faults.Any(static fault => fault.Kind == FaultKind.TracesThrow);

    /// <summary>Gets the longest time that the provider asked somebody to wait.</summary>
    public TimeSpan LongestRetryAfter =>
        Faults.Where(static fault => fault is { Kind: FaultKind.Wire, Wire: WireFault.TooManyRequests }).Select(static fault => fault.Length).DefaultIfEmpty().Max();

    /// <summary>The same, but for some of the faults.</summary>
    public Plan With(IEnumerable<Fault> faults) => new(Seed, Acts.Count) { Faults = [.. faults] };

    public void Configure(TokenLifecycleOptions options)
    {
        options.TokenEndpointTimeout = TokenEndpointTimeout;
        options.SaveTimeout = SaveTimeout;
        options.LeaseDuration = LeaseDuration;
        options.CacheDuration = CacheDuration;
    }

    public void Configure(OAuthProviderOptions options)
    {
        options.ClientId = "app";
        options.ClientSecret = "app-secret";
        options.AuthorizationEndpoint = "https://as.example/authorize";
        options.TokenEndpoint = "https://as.example/token";
        options.RevocationEndpoint = "https://as.example/revoke";
        options.ApiOrigins = ["https://api.example"];
        options.Rotation = RefreshTokenRotation.EveryUse;
    }

    public void Configure(string provider, OAuthProviderOptions options)
    {
        Configure(options);
        options.RefreshTokenReusePeriod = provider == Lenient ? LenientGrace : TimeSpan.Zero;
    }

    public void Configure(BackgroundRefreshOptions options) => options.Interval = TimeSpan.FromSeconds(15);

    private List<UserAct> DrawActs(SeededRandom random, int steps)
    {
        List<UserAct> acts = [];
        for (int i = 0; i < steps; i++)
        {
            UserActKind kind = random.Below(100) switch
            {
                < 66 => UserActKind.Get,
                < 72 => UserActKind.GetForLong,
                < 82 => UserActKind.Burst,
                < 91 => UserActKind.ForceRefresh,
                < 93 => UserActKind.Disconnect,
                < 97 => UserActKind.Connect,
                _ => UserActKind.Status,
            };
            TimeSpan? cancel = random.Chance(0.2) ? random.SkewedSeconds(0.001, 20) : null;
            acts.Add(new UserAct(Length * random.NextDouble(), kind, random.Below(Nodes), random.Below(Users.Count), cancel, random.Between(5, 30)));
        }

        return [.. acts.OrderBy(static act => act.At)];
    }

    private List<Fault> DrawFaults(SeededRandom random)
    {
        List<Fault> faults = [];
        int count = random.Between(2, 12);
        for (int i = 0; i < count; i++)
        {
            Fault drawn = Draw(random, i + 1, Length * random.NextDouble());
            if (IsWorseInARefresh(drawn.Kind) && random.Chance(0.6))
                drawn = drawn with { Waits = RefreshTime, Delay = random.SkewedSeconds(0.001, 0.6) };
            if (IsBearable(drawn, faults))
                faults.Add(drawn);
        }

        return [.. faults.OrderBy(static fault => fault.At)];
    }

    /// <summary>A refresh takes a fraction of a second every few minutes, so what comes at any time seldom meets one.</summary>
    private static bool IsWorseInARefresh(FaultKind kind) => kind is FaultKind.Crash or FaultKind.Freeze or FaultKind.Shutdown or FaultKind.StoreDown or FaultKind.StoreHangs
        or FaultKind.StoreAnswersLost or FaultKind.StorePartition or FaultKind.StoreGoesBack;

    private TimeSpan RefreshTime => TimeSpan.FromSeconds(Math.Min(Lifetime.TotalSeconds, 120));

    private Fault Draw(SeededRandom random, int id, TimeSpan at)
    {
        Fault Of(FaultKind kind, TimeSpan length = default) => new(id, at, kind) { Node = random.Below(Nodes), User = random.Below(Users.Count), Length = length };
        return random.Below(100) switch
        {
            < 10 => Of(FaultKind.Crash, random.SkewedSeconds(0.5, 60)),
            < 20 => Of(FaultKind.Freeze, random.SkewedSeconds(1, 150)),
            < 26 => Of(FaultKind.Shutdown, random.Chance(0.7) ? TimeSpan.FromSeconds(30) : random.Seconds(2, 10)),
            < 33 => Of(FaultKind.StoreDown, random.SkewedSeconds(1, 200)),
            < 39 => Of(FaultKind.StoreHangs, random.SkewedSeconds(1, 200)),
            < 42 => Of(FaultKind.StoreSlow, random.SkewedSeconds(5, 90)),
            < 48 => Of(FaultKind.StoreAnswersLost) with { Count = random.Between(1, 3) },
            < 51 => Of(FaultKind.StorePartition, random.SkewedSeconds(1, LeaseDuration.TotalSeconds / 3)),
            < 55 => Of(FaultKind.StoreGoesBack, random.SkewedSeconds(1, 120)),
            < 59 => Of(FaultKind.ClockJumps, random.Seconds(-400, 400)),
            < 76 => Wire(Of(FaultKind.Wire)),
            < 80 => Of(FaultKind.ServerDown, random.SkewedSeconds(2, 120)) with
            {
                Wire = random.Pick([WireFault.ServerErrorBefore, WireFault.HtmlInstead, WireFault.RequestLost, WireFault.Refused]),
            },
            < 85 => Of(FaultKind.BadSettings, random.SkewedSeconds(5, 200)),
            < 88 => Of(FaultKind.LogsThrow, random.SkewedSeconds(5, 200)),
            < 91 => Of(FaultKind.TracesThrow, random.SkewedSeconds(5, 200)),
            < 93 => Of(FaultKind.ObserversThrow, random.SkewedSeconds(5, 200)),
            < 96 => Of(FaultKind.ObserversHang, random.SkewedSeconds(5, 200)),
            _ => Of(FaultKind.UserRevokes),
        };

        Fault Wire(Fault fault)
        {
            WireFault wire = (WireFault)random.Between((int)WireFault.Refused, (int)WireFault.TooManyRequests);
            TimeSpan time = wire switch
            {
                WireFault.TooManyRequests => random.SkewedSeconds(1, 5400),
                WireFault.ReplyLate => random.SkewedSeconds(2, 80),
                WireFault.HtmlInstead => random.Seconds(0, 10),
                WireFault.RequestLost => random.Chance(0.5) ? random.Seconds(0.1, 3) : TimeSpan.Zero,
                _ => TimeSpan.Zero,
            };
            return fault with { Wire = wire, Length = time, Count = random.Chance(0.8) ? 1 : random.Between(2, 4) };
        }
    }

    /// <summary>
    /// Keeps apart what no protocol survives together: while the store cannot be used, and until whoever takes over has watched, no process that may hold the only copy also stands
    /// still or loses the store for itself. Each of these alone, for any time, is drawn; what they may lose alone is law 2.
    /// </summary>
    private bool IsBearable(Fault drawn, List<Fault> others)
    {
        bool IsStore(Fault fault) => fault.Kind is FaultKind.StoreDown or FaultKind.StoreHangs or FaultKind.StoreSlow or FaultKind.StoreAnswersLost or FaultKind.StorePartition;
        bool IsStill(Fault fault) => fault.Kind is FaultKind.Freeze;
        TimeSpan rest = LeaseDuration + Watch + TimeSpan.FromSeconds(20);
        return others.TrueForAll(other =>
            !((IsStore(drawn) && IsStill(other)) || (IsStill(drawn) && IsStore(other)) || (IsStill(drawn) && IsStill(other) && (drawn.Node == other.Node || drawn.Waits > TimeSpan.Zero || other.Waits > TimeSpan.Zero))
                || (IsStore(drawn) && IsStore(other) && (drawn.Kind == FaultKind.StorePartition || other.Kind == FaultKind.StorePartition || drawn.Kind == FaultKind.StoreSlow || other.Kind == FaultKind.StoreSlow)))
            || drawn.At > other.End + rest || other.At > drawn.End + rest);
    }
}
