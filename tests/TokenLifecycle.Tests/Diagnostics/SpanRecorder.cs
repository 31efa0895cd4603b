using System.Collections.Concurrent;
using System.Diagnostics;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.Tests.Diagnostics;

/// <summary>The spans of the library, those of other tests of the process included.</summary>
internal sealed class SpanRecorder : IDisposable
{
    private readonly ActivityListener _listener;

    public SpanRecorder()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == TokenLifecycleDiagnostics.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public ConcurrentQueue<Activity> Stopped { get; } = new();

    /// <summary>All that a span says of itself.</summary>
    public static string TextOf(Activity activity) =>
        $"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"))} {string.Join(' ', activity.Events.Select(happened => happened.Name))}";

    /// <summary>The spans of one provider, in the order of their ends.</summary>
    public IReadOnlyList<Activity> Of(string provider) => [.. Stopped.Where(activity => (string?)activity.GetTagItem(TokenLifecycleDiagnostics.ProviderTag) == provider)];

    public void Dispose() => _listener.Dispose();
}
