using System.Diagnostics;

namespace TokenLifecycle.TestKit;

/// <summary>Every activity of every source, the runtime's HTTP client included, with all its data.</summary>
internal sealed class CanaryActivities : IDisposable
{
    private const string Channel = "activity";

    private readonly CanaryWatch _watch;
    private readonly ActivityListener _listener;

    public CanaryActivities(CanaryWatch watch)
    {
        _watch = watch;
        _listener = new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = OnStopped,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    private void OnStopped(Activity activity)
    {
        string place = $"{activity.Source.Name} {activity.OperationName}";
        _watch.Scan(Channel, $"{place}, its name", activity.DisplayName);
        _watch.Scan(Channel, $"{place}, its status", activity.StatusDescription);
        _watch.Scan(Channel, $"{place}, its trace state", activity.TraceStateString);
        foreach ((string name, object? value) in activity.EnumerateTagObjects())
            _watch.Scan(Channel, $"{place} tag", name, value);
        foreach ((string name, string? value) in activity.Baggage)
            _watch.Scan(Channel, $"{place} baggage", name, value);
        foreach (ActivityLink link in activity.EnumerateLinks())
        {
            foreach ((string name, object? value) in link.EnumerateTagObjects())
                _watch.Scan(Channel, $"{place} link", name, value);
        }

        foreach (ActivityEvent happening in activity.EnumerateEvents())
        {
            _watch.Scan(Channel, $"{place}, the name of an event", happening.Name);
            foreach ((string name, object? value) in happening.EnumerateTagObjects())
                _watch.Scan(Channel, $"{place} event {happening.Name}", name, value);
        }
    }
}
