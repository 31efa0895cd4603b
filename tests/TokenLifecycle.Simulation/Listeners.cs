using System.Diagnostics;
using System.Diagnostics.Metrics;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Simulation;

/// <summary>What of the app's looks on: observers, logs, traces and metrics, and whether it throws or hangs at present.</summary>
internal sealed class Listeners : IDisposable
{
    private readonly List<(Life Life, TaskCompletionSource Hanging)> _hanging = [];
    private readonly ActivityListener? _traces;
    private readonly MeterListener? _metrics;

    public Listeners(bool watched)
    {
        if (!watched)
            return;

        _traces = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == TokenLifecycleDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = _ => ThrowIfTracesThrow(),
            ActivityStopped = _ => ThrowIfTracesThrow(),
        };
        ActivitySource.AddActivityListener(_traces);
        _metrics = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == TokenLifecycleDiagnostics.MeterName && !instrument.IsObservable)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        _metrics.SetMeasurementEventCallback<long>((_, _, _, _) => ThrowIfTracesThrow());
        _metrics.SetMeasurementEventCallback<double>((_, _, _, _) => ThrowIfTracesThrow());
        _metrics.Start();
    }

    public int Met { get; set; }

    public bool LogsThrow { get; set; }

    public bool TracesThrow { get; set; }

    public bool ObserversThrow { get; set; }

    public bool ObserversHang { get; private set; }

    public void Hang() => ObserversHang = true;

    public Task HangAsync(Life life, CancellationToken cancellationToken)
    {
        var hanging = new TaskCompletionSource();
        _hanging.Add((life, hanging));
        cancellationToken.UnsafeRegister(_ => hanging.TrySetCanceled(CancellationToken.None), null);
        return hanging.Task;
    }

    public void Recover(Scheduler scheduler)
    {
        (LogsThrow, TracesThrow, ObserversThrow, ObserversHang) = (false, false, false, false);
        foreach ((Life life, TaskCompletionSource hanging) in _hanging)
            scheduler.After(TimeSpan.Zero, life, "observer returns", () => hanging.TrySetResult());
        _hanging.Clear();
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private void ThrowIfTracesThrow()
    {
        if (!TracesThrow)
            return;
        Met++;
        throw new InvalidOperationException("The listener fails.");
    }
}
