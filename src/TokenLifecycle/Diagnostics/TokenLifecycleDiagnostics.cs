namespace TokenLifecycle.Diagnostics;

/// <summary>
/// The names under which the library reports, for <c>AddMeter</c> and <c>AddSource</c>. Units and attribute names follow OpenTelemetry's
/// conventions. No attribute of a measurement or of a span ever holds a secret or a user.
/// </summary>
public static class TokenLifecycleDiagnostics
{
    /// <summary>The meter.</summary>
    public const string MeterName = "TokenLifecycle";

    /// <summary>The activity source.</summary>
    public const string ActivitySourceName = "TokenLifecycle";

    /// <summary>
    /// Counter of <c>{request}</c>: calls for an access token, by <see cref="ProviderTag"/> and <see cref="OutcomeTag"/>.
    /// </summary>
    public const string AccessTokenRequestsInstrument = "tokenlifecycle.access_token.requests";

    /// <summary>Histogram in seconds: how long the access tokens that were handed out still live, by <see cref="ProviderTag"/>.</summary>
    public const string AccessTokenRemainingInstrument = "tokenlifecycle.access_token.remaining_lifetime";

    /// <summary>
    /// Counter of <c>{refresh}</c>: refreshes and client-credentials requests, by <see cref="ProviderTag"/>, <see cref="OutcomeTag"/>,
    /// <see cref="RefreshReasonTag"/>
    /// and, where they failed, <see cref="ErrorTypeTag"/>.
    /// </summary>
    public const string RefreshesInstrument = "tokenlifecycle.refreshes";

    /// <summary>
    /// Histogram in seconds: how long a refresh took with its waits and its save, by <see cref="ProviderTag"/> and
    /// <see cref="OutcomeTag"/>.
    /// </summary>
    public const string RefreshDurationInstrument = "tokenlifecycle.refresh.duration";

    /// <summary>
    /// Histogram in seconds: how long a refresh waited for another process that was refreshing the same connection, by
    /// <see cref="ProviderTag"/>.
    /// </summary>
    public const string LeaseWaitInstrument = "tokenlifecycle.lease.wait.duration";

    /// <summary>
    /// Gauge of <c>{connection}</c>: the connections in the store, by <see cref="ProviderTag"/> and <see cref="ConnectionStateTag"/>. All
    /// processes on one store report
    /// the same number: take the greatest, not the sum. Reported by stores that are an <c>ITokenStoreStatistics</c>.
    /// </summary>
    public const string ConnectionsInstrument = "tokenlifecycle.connections";

    /// <summary>
    /// Counter of <c>{connection}</c>: connections that require a reconnect, by <see cref="ProviderTag"/> and <see
    /// cref="ReauthorizationReasonTag"/>.
    /// </summary>
    public const string ReauthorizationsInstrument = "tokenlifecycle.reauthorizations";

    /// <summary>
    /// Counter of <c>{connect}</c>: users who began to connect, by <see cref="ProviderTag"/> and <see cref="OutcomeTag"/>.
    /// </summary>
    public const string ConnectsInstrument = "tokenlifecycle.connects";

    /// <summary>
    /// Counter of <c>{callback}</c>: users who came back from the provider, by <see cref="ProviderTag"/> and <see cref="OutcomeTag"/>.
    /// </summary>
    public const string CallbacksInstrument = "tokenlifecycle.callbacks";

    /// <summary>
    /// Counter of <c>{failure}</c>: calls to the token store that failed, by <see cref="StoreOperationTag"/> and
    /// <see cref="ErrorTypeTag"/>.
    /// </summary>
    public const string StoreFailuresInstrument = "tokenlifecycle.store.failures";

    /// <summary>
    /// Gauge of <c>{rotation}</c>: received tokens that are in this process only, because the store could not take them yet.
    /// </summary>
    public const string UnsavedRotationsInstrument = "tokenlifecycle.rotations.unsaved";

    /// <summary>
    /// Counter of <c>{rotation}</c>: connections that were lost with an answer that never arrived or was never saved, by
    /// <see cref="ProviderTag"/>.
    /// </summary>
    public const string LostRotationsInstrument = "tokenlifecycle.rotations.lost";

    /// <summary>
    /// Gauge: 1 while no request is made to a provider for a reason that concerns all of its connections, by <see cref="ProviderTag"/> and
    /// <see cref="BlockReasonTag"/>.
    /// </summary>
    public const string ProviderBlockedInstrument = "tokenlifecycle.provider.blocked";

    /// <summary>
    /// Histogram in seconds: how late the background refresh took up connections that were due, by <see cref="ProviderTag"/>.
    /// </summary>
    public const string SweepLagInstrument = "tokenlifecycle.sweep.lag";

    /// <summary>
    /// Histogram of <c>{connection}</c>: how many due connections the background refresh acquired at once, by <see cref="ProviderTag"/>.
    /// </summary>
    public const string SweepBatchSizeInstrument = "tokenlifecycle.sweep.batch.size";

    /// <summary>
    /// Gauge in seconds: how far the clock of the token store is ahead of this process's clock; negative if it is behind.
    /// </summary>
    public const string StoreClockOffsetInstrument = "tokenlifecycle.store.clock.offset";

    /// <summary>
    /// Counter of <c>{event}</c>: events that an observer missed because too many were waiting for it, by <see cref="ObserverTag"/>.
    /// </summary>
    public const string DroppedEventsInstrument = "tokenlifecycle.observer.events.dropped";

    /// <summary>Span: a call for an access token that could not be served from the cache.</summary>
    public const string GetSpan = "tokenlifecycle.get";

    /// <summary>Span: one refresh, with its waits and its save. A root: it belongs to no caller.</summary>
    public const string RefreshSpan = "tokenlifecycle.refresh";

    /// <summary>Span: one request to a provider's token endpoint.</summary>
    public const string TokenRequestSpan = "tokenlifecycle.token_request";

    /// <summary>Span: tokens on their way into the store.</summary>
    public const string SaveSpan = "tokenlifecycle.save";

    /// <summary>Span: what follows when a user comes back from the provider.</summary>
    public const string CallbackSpan = "tokenlifecycle.callback";

    /// <summary>Attribute: the name given to <c>AddProvider</c>; <c>_OTHER</c> if it is none.</summary>
    public const string ProviderTag = "tokenlifecycle.provider";

    /// <summary>Attribute: the outcome.</summary>
    public const string OutcomeTag = "tokenlifecycle.outcome";

    /// <summary>Attribute: what a refresh was made for: <c>on_demand</c>, <c>due</c>, <c>forced</c> or <c>background</c>.</summary>
    public const string RefreshReasonTag = "tokenlifecycle.refresh.reason";

    /// <summary>Attribute: why a user has to reconnect; a <c>ReauthorizationReason</c> in snake case.</summary>
    public const string ReauthorizationReasonTag = "tokenlifecycle.reauthorization.reason";

    /// <summary>
    /// Attribute: what the store says of a connection: <c>connected</c>, <c>failing</c> or <c>reauthorization_required</c>.
    /// </summary>
    public const string ConnectionStateTag = "tokenlifecycle.connection.state";

    /// <summary>Attribute: what the store was asked for, for example <c>save</c>.</summary>
    public const string StoreOperationTag = "tokenlifecycle.store.operation";

    /// <summary>
    /// Attribute: why no request is made: <c>client_rejected</c>, <c>circuit_open</c>, <c>throttled</c> or <c>verdicts_held</c>.
    /// </summary>
    public const string BlockReasonTag = "tokenlifecycle.block.reason";

    /// <summary>Attribute: the type of an observer of the app.</summary>
    public const string ObserverTag = "tokenlifecycle.observer";

    /// <summary>Attribute of a token request: its <c>grant_type</c>.</summary>
    public const string GrantTypeTag = "tokenlifecycle.grant_type";

    /// <summary>Attribute: what went wrong, where something did (OpenTelemetry's <c>error.type</c>).</summary>
    public const string ErrorTypeTag = "error.type";
}
