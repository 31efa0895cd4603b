namespace TokenLifecycle.Diagnostics;

/// <summary>The names under which the library reports, for <c>AddMeter</c> and <c>AddSource</c>. No tag holds a secret or a user.</summary>
public static class TokenLifecycleDiagnostics
{
    /// <summary>The meter.</summary>
    public const string MeterName = "TokenLifecycle";

    /// <summary>The activity source.</summary>
    public const string ActivitySourceName = "TokenLifecycle";

    /// <summary>Counter: refreshes and client-credentials requests, by <c>provider</c> and <c>outcome</c>.</summary>
    public const string RefreshesInstrument = "tokenlifecycle.refreshes";

    /// <summary>Histogram in seconds: how long a refresh took with its save, by <c>provider</c> and <c>outcome</c>.</summary>
    public const string RefreshDurationInstrument = "tokenlifecycle.refresh.duration";

    /// <summary>Counter: connections that the user has to mend, by <c>provider</c> and <c>reason</c>.</summary>
    public const string ReauthorizationsInstrument = "tokenlifecycle.reauthorizations";

    /// <summary>Counter: calls to the token store that failed, by <c>operation</c>.</summary>
    public const string StoreFailuresInstrument = "tokenlifecycle.store.failures";

    /// <summary>Gauge: received tokens that are not in the store yet.</summary>
    public const string PendingSavesInstrument = "tokenlifecycle.saves.pending";
}
