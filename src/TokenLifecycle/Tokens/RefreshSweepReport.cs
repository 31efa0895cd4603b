namespace TokenLifecycle;

/// <summary>What a sweep found and did. Counts of connections; none is counted twice.</summary>
public sealed class RefreshSweepReport
{
    /// <summary>Those that were due, and nobody else's at the time.</summary>
    public int Due { get; init; }

    /// <summary>Those that have new tokens now.</summary>
    public int Refreshed { get; init; }

    /// <summary>Those whose refresh failed for now; they are tried again by themselves.</summary>
    public int Failed { get; init; }

    /// <summary>Those that turned out to need their user.</summary>
    public int ReauthorizationRequired { get; init; }

    /// <summary>Those that needed nothing after all, for example because somebody else had refreshed them in between.</summary>
    public int NothingToDo { get; init; }

    /// <summary>Those that were given a time of their own later on, so that a backlog does not reach the provider all at once. Only the background refresh does so.</summary>
    public int Spread { get; init; }

    /// <summary>Providers that were left out for now: they are down, asked for fewer calls, or reject the application.</summary>
    public IReadOnlyList<string> ProvidersLeftOut { get; init; } = [];

    /// <summary>The counts.</summary>
    public override string ToString() =>
        $"{Due} due: {Refreshed} refreshed, {Failed} failed, {ReauthorizationRequired} need their user, {NothingToDo} needed nothing, {Spread} spread"
        + (ProvidersLeftOut.Count == 0 ? "" : $"; left out: {string.Join(", ", ProvidersLeftOut)}");
}
