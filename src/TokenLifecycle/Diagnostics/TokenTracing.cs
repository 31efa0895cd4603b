using System.Diagnostics;
using TokenLifecycle.Options;
using Names = TokenLifecycle.Diagnostics.TokenLifecycleDiagnostics;

namespace TokenLifecycle.Diagnostics;

/// <summary>
/// Creates the spans of the core. A failed span has the status Error and an <c>error.type</c>, but no description: messages are for the
/// log. Token requests and saves are recorded after they are completed, because no app code may run while one is in progress
/// (docs/adr/0020).
/// </summary>
internal static class TokenTracing
{
    private static readonly ActivitySource Source = new(Names.ActivitySourceName);

    /// <summary>Whether anybody wants to know of spans.</summary>
    public static bool IsWatched => Source.HasListeners();

    public static TokenSpan StartGet() => TokenSpan.Start(Source, Names.GetSpan);

    public static TokenSpan StartRefresh(string provider, RefreshReason reason)
    {
        TokenSpan span = TokenSpan.Start(Source, Names.RefreshSpan);
        span.SetTag(Names.ProviderTag, provider);
        span.SetTag(Names.RefreshReasonTag, TelemetryNames.Of(reason));
        return span;
    }

    /// <summary>Records a completed save.</summary>
    public static void Saved(string provider, SpanTime time, string outcome, string? errorType) =>
        TokenSpan.Record(Source, Names.SaveSpan, ActivityKind.Internal, time, outcome, errorType, [new(Names.ProviderTag, provider)]);

    /// <summary>
    /// Records a request to a token endpoint by OpenTelemetry's conventions for HTTP clients. Only the host of the address is recorded.
    /// </summary>
    public static void TokenRequested(Uri endpoint, OAuthGrantType grant, SpanTime time, int? status, string outcome, string? errorType)
    {
        if (!IsWatched)
            return;

        List<KeyValuePair<string, object?>> tags =
        [
            new("http.request.method", "POST"),
            new("server.address", endpoint.Host),
            new("server.port", endpoint.Port),
            new(Names.GrantTypeTag, TelemetryNames.Of(grant)),
        ];
        if (status is { } known)
            tags.Add(new("http.response.status_code", known));
        TokenSpan.Record(Source, Names.TokenRequestSpan, ActivityKind.Client, time, outcome, errorType, [.. tags]);
    }
}
