using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Tests.Diagnostics;

/// <summary>The measurements of one container, whose meters are its own.</summary>
internal sealed class MeterRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Instrument> _instruments = new(StringComparer.Ordinal);

    public MeterRecorder(IServiceProvider services)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != TokenLifecycleDiagnostics.MeterName || !ReferenceEquals(instrument.Meter.Scope, factory))
                return;
            _instruments[instrument.Name] = instrument;
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, $"{value}", tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            Note(instrument, value >= 0 ? "time" : "?", tags);
            Values.Enqueue((instrument.Name, value));
        });
        _listener.Start();
    }

    public ConcurrentQueue<(string Instrument, string Text)> Lines { get; } = new();

    public ConcurrentQueue<(string Instrument, double Value)> Values { get; } = new();

    /// <summary>The names of the tags that were seen, by instrument.</summary>
    public ConcurrentDictionary<string, SortedSet<string>> Tags { get; } = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Instrument> Instruments => _instruments;

    public IEnumerable<string> Of(string instrument) => Lines.Where(line => line.Instrument == instrument).Select(line => line.Text);

    public IEnumerable<double> ValuesOf(string instrument) => Values.Where(value => value.Instrument == instrument).Select(value => value.Value);

    /// <summary>Measures the gauges.</summary>
    public void Collect() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();

    private void Note(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        SortedSet<string> names = Tags.GetOrAdd(instrument.Name, static _ => new SortedSet<string>(StringComparer.Ordinal));
        string text = value;
        foreach ((string name, object? tag) in tags)
        {
            text += $" {name}={tag}";
            lock (names)
                names.Add(name);
        }

        Lines.Enqueue((instrument.Name, text));
    }
}
