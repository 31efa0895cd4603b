using System.Diagnostics.Metrics;

namespace TokenLifecycle.TestKit;

/// <summary>The tags of every measurement of every meter.</summary>
internal sealed class CanaryMetrics : IDisposable
{
    private const string Channel = "metric";

    private readonly CanaryWatch _watch;
    private readonly MeterListener _listener = new();

    public CanaryMetrics(CanaryWatch watch)
    {
        _watch = watch;
        _listener.InstrumentPublished = OnPublished;
        _listener.SetMeasurementEventCallback<byte>(OnMeasured);
        _listener.SetMeasurementEventCallback<short>(OnMeasured);
        _listener.SetMeasurementEventCallback<int>(OnMeasured);
        _listener.SetMeasurementEventCallback<long>(OnMeasured);
        _listener.SetMeasurementEventCallback<float>(OnMeasured);
        _listener.SetMeasurementEventCallback<double>(OnMeasured);
        _listener.SetMeasurementEventCallback<decimal>(OnMeasured);
        _listener.Start();
    }

    public void Dispose()
    {
        // Gauges are measured only when somebody asks.
        _listener.RecordObservableInstruments();
        _listener.Dispose();
    }

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        _watch.Scan(Channel, "the name of an instrument", instrument.Name);
        foreach ((string name, object? value) in instrument.Tags ?? [])
            _watch.Scan(Channel, $"{instrument.Name} tag", name, value);
        listener.EnableMeasurementEvents(instrument);
    }

    private void OnMeasured<T>(Instrument instrument, T measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        foreach ((string name, object? value) in tags)
            _watch.Scan(Channel, $"{instrument.Meter.Name} {instrument.Name} tag", name, value);
    }
}
