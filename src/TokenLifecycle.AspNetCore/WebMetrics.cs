using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using TokenLifecycle.Diagnostics;

namespace TokenLifecycle.AspNetCore;

/// <summary>Counts users who go to a provider and come back, and traces what follows. Never says who they are.</summary>
internal sealed class WebMetrics
{
    /// <summary>The browser has no attempt in progress that this callback could complete.</summary>
    public const string NotPending = "not_pending";

    /// <summary>An earlier callback has completed the attempt: the user has pressed a button twice.</summary>
    public const string Repeated = "repeated";

    /// <summary>Not even an outcome could be found.</summary>
    public const string Broken = "broken";

    // A user may say no, and press a button twice.
    private static readonly string[] Expected = [OutcomeOf(AuthorizationResultKind.Connected), OutcomeOf(AuthorizationResultKind.Denied), Repeated];

    private static readonly ActivitySource Source = new(TokenLifecycleDiagnostics.ActivitySourceName);

    private readonly Counter<long> _connects;
    private readonly Counter<long> _callbacks;

    public WebMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create(TokenLifecycleDiagnostics.MeterName);
        _connects = meter.CreateCounter<long>(TokenLifecycleDiagnostics.ConnectsInstrument, "{connect}", "Users who began to connect.");
        _callbacks = meter.CreateCounter<long>(TokenLifecycleDiagnostics.CallbacksInstrument, "{callback}", "Users who came back from the provider.");
    }

    public void Connecting(string provider, bool isStarted) =>
        _connects.Add(1, new TagList { { TokenLifecycleDiagnostics.ProviderTag, provider }, { TokenLifecycleDiagnostics.OutcomeTag, isStarted ? "started" : "refused" } });

    public static Activity? StartCallback(string provider)
    {
        Activity? activity = Source.StartActivity(TokenLifecycleDiagnostics.CallbackSpan);
        activity?.SetTag(TokenLifecycleDiagnostics.ProviderTag, provider);
        return activity;
    }

    public static string OutcomeOf(AuthorizationResultKind ending) => JsonNamingPolicy.SnakeCaseLower.ConvertName(ending.ToString());

    /// <param name="activity">What <see cref="StartCallback"/> returned.</param>
    /// <param name="provider">The provider.</param>
    /// <param name="outcome">The result of the attempt (<see cref="OutcomeOf"/>), or why this callback completed none.</param>
    public void CameBack(Activity? activity, string provider, string outcome)
    {
        _callbacks.Add(1, new TagList { { TokenLifecycleDiagnostics.ProviderTag, provider }, { TokenLifecycleDiagnostics.OutcomeTag, outcome } });
        activity?.SetTag(TokenLifecycleDiagnostics.OutcomeTag, outcome);
        if (Expected.Contains(outcome))
            return;

        activity?.SetTag(TokenLifecycleDiagnostics.ErrorTypeTag, outcome);
        activity?.SetStatus(ActivityStatusCode.Error);
    }
}
