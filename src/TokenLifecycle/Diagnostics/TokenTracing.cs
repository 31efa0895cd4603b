using System.Diagnostics;
using TokenLifecycle.Options;
using Names = TokenLifecycle.Diagnostics.TokenLifecycleDiagnostics;

namespace TokenLifecycle.Diagnostics;

/// <summary>The spans of the core. A failed one has the status Error and an <c>error.type</c>, and no description: messages are for the log.</summary>
internal static class TokenTracing
{
    private static readonly ActivitySource Source = new(Names.ActivitySourceName);

    /// <summary>Whether anybody wants to know of spans.</summary>
    public static bool IsWatched => Source.HasListeners();

    public static Activity? StartGet() => Source.StartActivity(Names.GetSpan);

    public static Activity? StartRefresh(string provider, RefreshReason reason)
    {
        Activity? activity = Source.StartActivity(Names.RefreshSpan);
        activity?.SetTag(Names.ProviderTag, provider);
        activity?.SetTag(Names.RefreshReasonTag, Words.Of(reason));
        return activity;
    }

    public static Activity? StartSave(string provider)
    {
        Activity? activity = Source.StartActivity(Names.SaveSpan);
        activity?.SetTag(Names.ProviderTag, provider);
        return activity;
    }

    /// <summary>A request to a token endpoint, by OpenTelemetry's conventions for HTTP clients; without its address, of which only the host is of use.</summary>
    public static Activity? StartTokenRequest(Uri endpoint, TokenGrant grant)
    {
        Activity? activity = Source.StartActivity(Names.TokenRequestSpan, ActivityKind.Client);
        if (activity is null)
            return null;

        activity.SetTag("http.request.method", "POST");
        activity.SetTag("server.address", endpoint.Host);
        activity.SetTag("server.port", endpoint.Port);
        activity.SetTag(Names.GrantTypeTag, Words.Of(grant));
        return activity;
    }

    public static void Ended(this Activity? activity, string outcome, string? errorType)
    {
        activity?.SetTag(Names.OutcomeTag, outcome);
        if (errorType is not null)
            activity.Failed(errorType);
    }

    public static void Failed(this Activity? activity, string? errorType)
    {
        activity?.SetTag(Names.ErrorTypeTag, errorType);
        activity?.SetStatus(ActivityStatusCode.Error);
    }
}
