using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Names = TokenLifecycle.Diagnostics.TokenLifecycleDiagnostics;

namespace TokenLifecycle.Diagnostics;

/// <summary>
/// Records the metrics of the library. Costs almost nothing while there is no listener, and never throws: a failing listener of the app has
/// no effect.
/// </summary>
internal sealed class TokenMetrics
{
    private static readonly InstrumentAdvice<double> Durations = new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60] };
    private static readonly InstrumentAdvice<double> Lifetimes = new() { HistogramBucketBoundaries = [0, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 604800] };
    private static readonly InstrumentAdvice<double> Lags = new() { HistogramBucketBoundaries = [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21600] };
    private static readonly InstrumentAdvice<long> Batches = new() { HistogramBucketBoundaries = [0, 1, 5, 10, 25, 50, 100, 200, 500, 1000, 2000] };

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _remaining;
    private readonly Counter<long> _refreshes;
    private readonly Histogram<double> _refreshDuration;
    private readonly Histogram<double> _leaseWaits;
    private readonly Counter<long> _reauthorizations;
    private readonly Counter<long> _lostRotations;
    private readonly Counter<long> _storeFailures;
    private readonly Histogram<double> _sweepLag;
    private readonly Histogram<long> _sweepBatches;
    private readonly Counter<long> _droppedEvents;
    private long _unsavedRotations;

    /// <param name="meters">Makes the meter.</param>
    /// <param name="services">Where the gauges look up their values, resolved when they are first collected: it depends on services that
    /// need this one.</param>
    public TokenMetrics(IMeterFactory meters, IServiceProvider services)
    {
        Meter meter = meters.Create(Names.MeterName);
        _requests = meter.CreateCounter<long>(Names.AccessTokenRequestsInstrument, "{request}", "Calls for an access token.");
        _remaining = meter.CreateHistogram(Names.AccessTokenRemainingInstrument, "s", "How long access tokens still live when they are handed out.", tags: null, Lifetimes);
        _refreshes = meter.CreateCounter<long>(Names.RefreshesInstrument, "{refresh}", "Refreshes and client-credentials requests.");
        _refreshDuration = meter.CreateHistogram(Names.RefreshDurationInstrument, "s", "How long a refresh takes with its waits and its save.", tags: null, Durations);
        _leaseWaits = meter.CreateHistogram(Names.LeaseWaitInstrument, "s", "How long a refresh waits for another process that refreshes the same connection.", tags: null, Durations);
        _reauthorizations = meter.CreateCounter<long>(Names.ReauthorizationsInstrument, "{connection}", "Connections that require a reconnect.");
        _lostRotations = meter.CreateCounter<long>(Names.LostRotationsInstrument, "{rotation}", "Connections that were lost with an answer.");
        _storeFailures = meter.CreateCounter<long>(Names.StoreFailuresInstrument, "{failure}", "Calls to the token store that failed.");
        _sweepLag = meter.CreateHistogram(Names.SweepLagInstrument, "s", "How late the background refresh takes up connections that are due.", tags: null, Lags);
        _sweepBatches = meter.CreateHistogram(Names.SweepBatchSizeInstrument, "{connection}", "How many connections the background refresh acquires at once.", tags: null, Batches);
        _droppedEvents = meter.CreateCounter<long>(Names.DroppedEventsInstrument, "{event}", "Events that an observer did not get because too many waited for it.");
        meter.CreateObservableGauge(Names.UnsavedRotationsInstrument, () => Interlocked.Read(ref _unsavedRotations), "{rotation}", "Received tokens that are not in the store yet.");
        meter.CreateObservableGauge(Names.ConnectionsInstrument, () => Connections(services), "{connection}", "Connections in the store.");
        meter.CreateObservableGauge(Names.StoreClockOffsetInstrument, () => ClockOffset(services), "s", "How far the store's clock is ahead of this process's clock.");
        meter.CreateObservableGauge(Names.ProviderBlockedInstrument, () => Blocks(services), unit: null, "1 while no request is made to a provider.");
    }

    /// <summary>Whether anybody wants to know of tokens that are handed out.</summary>
    public bool WatchesHandOuts => _requests.Enabled || _remaining.Enabled;

    /// <summary>A token was handed out. Allocates nothing.</summary>
    public void HandedOut(string provider, string outcome, TimeSpan? remaining)
    {
        Requested(provider, outcome);
        if (remaining is not { } left || !_remaining.Enabled)
            return;

        try
        {
            _remaining.Record(Math.Max(left.TotalSeconds, 0), new KeyValuePair<string, object?>(Names.ProviderTag, provider));
        }
        catch (Exception)
        {
            // A listener threw.
        }
    }

    public void Requested(string provider, string outcome)
    {
        try
        {
            _requests.Add(1, new KeyValuePair<string, object?>(Names.ProviderTag, provider), new KeyValuePair<string, object?>(Names.OutcomeTag, outcome));
        }
        catch (Exception)
        {
            // A listener threw.
        }
    }

    public void Refreshed(string provider, string outcome, RefreshReason reason, string? errorType, TimeSpan duration)
    {
        var tags = new TagList { { Names.ProviderTag, provider }, { Names.OutcomeTag, outcome } };
        Record(_refreshDuration, duration.TotalSeconds, tags);
        tags.Add(Names.RefreshReasonTag, TelemetryNames.Of(reason));
        if (errorType is not null)
            tags.Add(Names.ErrorTypeTag, errorType);
        Add(_refreshes, tags);
    }

    public void LeaseWaited(string provider, TimeSpan duration) => Record(_leaseWaits, duration.TotalSeconds, new TagList { { Names.ProviderTag, provider } });

    public void ReauthorizationRequired(string provider, ReauthorizationReason reason)
    {
        Add(_reauthorizations, new TagList { { Names.ProviderTag, provider }, { Names.ReauthorizationReasonTag, TelemetryNames.Of(reason) } });
        if (reason == ReauthorizationReason.LostRotation)
            Add(_lostRotations, new TagList { { Names.ProviderTag, provider } });
    }

    /// <param name="operation">The operation of the store, in one or two words.</param>
    /// <param name="failure">What it threw.</param>
    public void StoreFailed(string operation, Exception failure) =>
        Add(_storeFailures, new TagList { { Names.StoreOperationTag, operation.Replace(' ', '_') }, { Names.ErrorTypeTag, failure.GetType().FullName } });

    /// <summary>An observer was too slow for an event.</summary>
    public void EventDropped(string observer) => Add(_droppedEvents, new TagList { { Names.ObserverTag, observer } });

    public void UnsavedRotationsChanged(int by) => Interlocked.Add(ref _unsavedRotations, by);

    /// <summary>Records how many connections of a provider the background refresh acquired at once.</summary>
    public void SweepClaimed(string provider, int count) => Record(_sweepBatches, count, new TagList { { Names.ProviderTag, provider } });

    /// <summary>The background refresh took up a connection so long after it had come due.</summary>
    public void SweepLag(string provider, TimeSpan lag) => Record(_sweepLag, Math.Max(lag.TotalSeconds, 0), new TagList { { Names.ProviderTag, provider } });

    private static void Add(Counter<long> counter, TagList tags)
    {
        try
        {
            counter.Add(1, tags);
        }
        catch (Exception)
        {
            // A listener threw.
        }
    }

    private static void Record<T>(Histogram<T> histogram, T value, TagList tags)
        where T : struct
    {
        try
        {
            histogram.Record(value, tags);
        }
        catch (Exception)
        {
            // A listener threw.
        }
    }

    private static IEnumerable<Measurement<long>> Connections(IServiceProvider services) =>
        from counted in Gauges(services)?.Connections() ?? []
        select new Measurement<long>(counted.Count, new TagList { { Names.ProviderTag, counted.Provider }, { Names.ConnectionStateTag, counted.State } });

    private static IEnumerable<Measurement<double>> ClockOffset(IServiceProvider services) =>
        Gauges(services)?.StoreClockAhead() is { } ahead ? [new Measurement<double>(ahead.TotalSeconds)] : [];

    private static IEnumerable<Measurement<long>> Blocks(IServiceProvider services) =>
        from block in Gauges(services)?.Blocks() ?? []
        select new Measurement<long>(block.Holds ? 1 : 0, new TagList { { Names.ProviderTag, block.Provider }, { Names.BlockReasonTag, block.Reason } });

    /// <summary>
    /// None once the app is shutting down: a collector may come between the end of its services and the end of the meter, and what it
    /// throws would reach that collector's every listener.
    /// </summary>
    private static IGaugeSource? Gauges(IServiceProvider services)
    {
        try
        {
            return services.GetRequiredService<IGaugeSource>();
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }
}
