using System.Diagnostics;
using Names = TokenLifecycle.Diagnostics.TokenLifecycleDiagnostics;

namespace TokenLifecycle.Diagnostics;

/// <summary>
/// A span that never throws: a listener of the app that throws when a span is sampled, started, tagged or stopped affects only the trace.
/// The default value records nothing.
/// </summary>
internal readonly struct TokenSpan : IDisposable
{
    private readonly Activity? _activity;
    private readonly Activity? _before;

    private TokenSpan(Activity? activity, Activity? before)
    {
        _activity = activity;
        _before = before;
    }

    /// <summary>Starts a span under the current one.</summary>
    public static TokenSpan Start(ActivitySource source, string name)
    {
        if (!source.HasListeners())
            return default;

        Activity? before = Activity.Current;
        try
        {
            return new TokenSpan(source.StartActivity(name), before);
        }
        catch (Exception)
        {
            Restore(before);
            return default;
        }
    }

    /// <summary>Records a completed span under the current one.</summary>
    public static void Record(ActivitySource source, string name, ActivityKind kind, SpanTime time, string outcome, string? errorType, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!source.HasListeners())
            return;

        Activity? before = Activity.Current;
        try
        {
            Activity? activity = source.StartActivity(kind, tags: tags.ToArray(), startTime: time.Start, name: name);
            var span = new TokenSpan(activity, before);
            activity?.SetEndTime((time.Start + time.Duration).UtcDateTime);
            span.Ended(outcome, errorType);
            span.Dispose();
        }
        catch (Exception)
        {
            Restore(before);
        }
    }

    public void SetTag(string name, object? value)
    {
        try
        {
            _activity?.SetTag(name, value);
        }
        catch (Exception)
        {
            // A listener threw because of the value.
        }
    }

    public void Ended(string outcome, string? errorType)
    {
        SetTag(Names.OutcomeTag, outcome);
        if (errorType is not null)
            Failed(errorType);
    }

    public void Failed(string? errorType)
    {
        SetTag(Names.ErrorTypeTag, errorType);
        try
        {
            _activity?.SetStatus(ActivityStatusCode.Error);
        }
        catch (Exception)
        {
            // As above.
        }
    }

    public void Dispose()
    {
        if (_activity is null)
            return;

        try
        {
            _activity.Dispose();
        }
        catch (Exception)
        {
            Restore(_before); // The framework restores it after calling its listeners, one of which threw.
        }
    }

    private static void Restore(Activity? before)
    {
        try
        {
            Activity.Current = before;
        }
        catch (Exception)
        {
            // Changing the current activity also calls listeners.
        }
    }
}
