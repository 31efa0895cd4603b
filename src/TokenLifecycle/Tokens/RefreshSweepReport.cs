namespace TokenLifecycle;

/// <summary>The results of a pass of the background refresh. Counts of connections; none is counted twice.</summary>
public sealed class RefreshSweepReport
{
    /// <summary>Those that were due, and that no other process had acquired.</summary>
    public int Due { get; init; }

    /// <summary>Those that have new tokens now.</summary>
    public int Refreshed { get; init; }

    /// <summary>Those whose refresh failed for now; they are retried automatically.</summary>
    public int Failed { get; init; }

    /// <summary>Those that turned out to need their user.</summary>
    public int ReauthorizationRequired { get; init; }

    /// <summary>Those that needed nothing after all, for example because another process had refreshed them in between.</summary>
    public int NothingToDo { get; init; }

    /// <summary>
    /// Those that were given a separate later time, so that a backlog does not reach the provider all at once. Only the background refresh
    /// does so.
    /// </summary>
    public int Spread { get; init; }

    /// <summary>Providers that were left out for now: they are down, asked for fewer calls, or reject the application.</summary>
    public IReadOnlyList<string> ProvidersLeftOut { get; init; } = [];

    /// <summary>The counts.</summary>
    public override string ToString() =>
        $"{Due} due: {Refreshed} refreshed, {Failed} failed, {ReauthorizationRequired} need their user, {NothingToDo} needed nothing, {Spread} spread"
        + (ProvidersLeftOut.Count == 0 ? "" : $"; left out: {string.Join(", ", ProvidersLeftOut)}");
}
