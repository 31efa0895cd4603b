namespace TokenLifecycle.Options;

/// <summary>Settings for all providers. Bind them from configuration or set them in <c>AddTokenLifecycle(o =&gt; ...)</c>.</summary>
public sealed class TokenLifecycleOptions
{
    /// <summary>
    /// The expiry buffer: a token that expires within this time is still served, and one refresh runs in the background.
    /// Capped at half the token's lifetime and by the provider's floor and ceiling.
    /// </summary>
    /// <value>The default value is 5 minutes.</value>
    public TimeSpan RefreshBefore { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A token with less than this left is not handed out without trying a refresh first. Capped at a quarter of the token's lifetime.
    /// </summary>
    /// <value>The default value is 30 seconds.</value>
    public TimeSpan MinimumValidity { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a token is served from memory before the store is asked again: the longest that another process's disconnect or reconnect
    /// goes unseen here.
    /// </summary>
    /// <value>The default value is 60 seconds.</value>
    public TimeSpan CacheDuration { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How many connections a process remembers, give or take a thousand: the bound of its memory. Beyond it those go that were read
    /// longest ago, and are read again when they are asked for. One takes about a kilobyte and its tokens. An app whose users come and go
    /// needs as many as are active within <see cref="CacheDuration"/>; more of them help when the store is down.
    /// </summary>
    /// <value>The default value is 100,000.</value>
    public int MaxCachedConnections { get; set; } = 100_000;

    /// <summary>One deadline for a whole token request: connecting, headers and body together.</summary>
    /// <value>The default value is 10 seconds.</value>
    public TimeSpan TokenEndpointTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The deadline for one call to the store.</summary>
    /// <value>The default value is 10 seconds.</value>
    public TimeSpan SaveTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a process may hold a connection's refresh before another may take over. At least three times
    /// <see cref="TokenEndpointTimeout"/> plus <see cref="SaveTimeout"/>, so that the first attempt surely is over by then.
    /// </summary>
    /// <value>The default value is 60 seconds.</value>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a process that takes over an expired lease watches the connection before it sends the refresh token, because the process
    /// that held the lease may still be running and about to save the new tokens. The watch never lasts less than <see cref="SaveTimeout"/>
    /// plus one second. It is skipped if the provider accepts a replaced refresh token
    /// (<see cref="OAuthProviderOptions.RefreshTokenReusePeriod"/>) or never replaces it.
    /// </summary>
    /// <value>The default value is 5 seconds.</value>
    public TimeSpan TakeoverWatch { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an <see cref="ITokenLifecycleObserver"/> may take to handle one event. Then its cancellation token is canceled, and the
    /// event counts as not handled. An observer that still does not return gets no further events until it returns, and the health check is
    /// Degraded. Nothing else waits for it.
    /// </summary>
    /// <value>The default value is 30 seconds.</value>
    public TimeSpan ObserverTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What callers get when the grant is gone but the last access token still works.</summary>
    /// <value>The default value is <see cref="ReauthorizationPolicy.ServeUntilExpiry"/>.</value>
    public ReauthorizationPolicy WhenReauthorizationRequired { get; set; } = ReauthorizationPolicy.ServeUntilExpiry;

    /// <summary>
    /// What happens on start if the store is not fit for use: a column is missing, a folder cannot be written. Whatever is set here, a
    /// store that is not fit makes no token request, and heals without a restart.
    /// </summary>
    /// <value>The default value is <see cref="StoreCheckMode.Fail"/>.</value>
    public StoreCheckMode CheckStoreOnStart { get; set; } = StoreCheckMode.Fail;

    /// <summary>
    /// Whether the log names connections with the user's id. If not, a short hash of the id replaces it
    /// (<see cref="TokenKey.ToRedactedString"/>). Measurements, spans and exception messages never hold a user id, whatever is set here.
    /// </summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool LogUserIds { get; set; }

    /// <summary>
    /// The health check of the connections is Degraded while more than this share of a provider's connections waits for the user to
    /// reconnect. Users who have left never do, so the share grows: set it above what is usual for the app. 1 turns this off.
    /// </summary>
    /// <value>The default value is 0.5.</value>
    public double ReconnectRatioThreshold { get; set; } = 0.5;
}
