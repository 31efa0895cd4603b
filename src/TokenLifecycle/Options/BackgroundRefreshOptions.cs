namespace TokenLifecycle.Options;

/// <summary>Settings of <c>AddBackgroundRefresh()</c>. Settings of one provider are in <see cref="OAuthProviderOptions"/>.</summary>
public sealed class BackgroundRefreshOptions
{
    /// <summary>Whether this process takes part. Looked at all the time, so that it may be switched while the process runs.</summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// How often the store is asked for what is due; once there is something, it is asked again at once until there is nothing more. Less
    /// than the expiry buffers leave time for.
    /// </summary>
    /// <value>The default value is 15 seconds: short enough for the shortest tokens of the presets, TrainingPeaks' of ten minutes.</value>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The maximum number of connections that are acquired in one step.</summary>
    /// <value>The default value is 100.</value>
    public int BatchSize { get; set; } = 100;

    /// <summary>The maximum number of refreshes that this process has in progress at a time, of all providers together.</summary>
    /// <value>The default value is 128.</value>
    public int MaxConcurrency { get; set; } = 128;

    /// <summary>
    /// What is overdue by more than this, for example after an outage or a night without workers, is not refreshed all at once, but spread
    /// over nine tenths of its token's lifetime, as is what became due in an outage longer than this; callers who ask for a token do not
    /// wait for it. Zero refreshes everything at once.
    /// </summary>
    /// <value>The default value is 10 minutes.</value>
    public TimeSpan RescheduleBacklogAfter { get; set; } = TimeSpan.FromMinutes(10);
}
