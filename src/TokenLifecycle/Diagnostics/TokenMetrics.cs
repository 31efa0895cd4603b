using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TokenLifecycle.Diagnostics;

/// <summary>Counts what happens, and traces refreshes.</summary>
internal sealed class TokenMetrics
{
    private static readonly ActivitySource Source = new(TokenLifecycleDiagnostics.ActivitySourceName);

    private readonly Counter<long> _refreshes;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _reauthorizations;
    private readonly Counter<long> _storeFailures;
    private readonly UpDownCounter<long> _pendingSaves;

    public TokenMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create(TokenLifecycleDiagnostics.MeterName);
        _refreshes = meter.CreateCounter<long>(TokenLifecycleDiagnostics.RefreshesInstrument);
        _duration = meter.CreateHistogram<double>(TokenLifecycleDiagnostics.RefreshDurationInstrument, unit: "s");
        _reauthorizations = meter.CreateCounter<long>(TokenLifecycleDiagnostics.ReauthorizationsInstrument);
        _storeFailures = meter.CreateCounter<long>(TokenLifecycleDiagnostics.StoreFailuresInstrument);
        _pendingSaves = meter.CreateUpDownCounter<long>(TokenLifecycleDiagnostics.PendingSavesInstrument);
    }

    public static Activity? StartRefresh(string provider)
    {
        Activity? activity = Source.StartActivity("TokenLifecycle.Refresh", ActivityKind.Internal);
        activity?.SetTag("provider", provider);
        return activity;
    }

    public void Refreshed(string provider, string outcome, TimeSpan duration)
    {
        var tags = new TagList { { "provider", provider }, { "outcome", outcome } };
        _refreshes.Add(1, tags);
        _duration.Record(duration.TotalSeconds, tags);
    }

    public void ReauthorizationRequired(string provider, ReauthorizationReason reason) =>
        _reauthorizations.Add(1, new TagList { { "provider", provider }, { "reason", reason.ToString() } });

    public void StoreFailed(string operation) => _storeFailures.Add(1, new TagList { { "operation", operation } });

    public void PendingSavesChanged(int by) => _pendingSaves.Add(by);
}
