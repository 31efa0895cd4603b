namespace TokenLifecycle.Fleet;

/// <summary>What nodes have measured in a phase, in milliseconds.</summary>
/// <param name="Lags">From when a row was due until it was claimed.</param>
/// <param name="Done">From when a row was due until its new tokens were stored.</param>
/// <param name="Claims">Claims that got something, by the clock of the node.</param>
/// <param name="Saves">Saves, by the clock of the node.</param>
internal sealed record NodeTimes(double[] Lags, double[] Done, double[] Claims, double[] Saves)
{
    public static NodeTimes Of(IReadOnlyCollection<NodeTimes> nodes) => new(
        [.. nodes.SelectMany(static node => node.Lags)],
        [.. nodes.SelectMany(static node => node.Done)],
        [.. nodes.SelectMany(static node => node.Claims)],
        [.. nodes.SelectMany(static node => node.Saves)]);
}
