namespace TokenLifecycle.Importing;

/// <summary>How to import.</summary>
public sealed class ImportOptions
{
    /// <summary>Whether to do everything but write.</summary>
    /// <value>The default value is <see langword="true"/>: look at the report first.</value>
    public bool DryRun { get; init; } = true;

    /// <summary>
    /// Over how long the background refreshes of connections whose access token has already expired are spread, so that they do not all
    /// reach the provider at
    /// once. A caller that needs such a token does not wait for it. At most one day.
    /// </summary>
    /// <value>The default value is 15 minutes.</value>
    public TimeSpan RefreshSpread { get; init; } = TimeSpan.FromMinutes(15);
}
