using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Diagnostics;

/// <summary>One point of a metric as OpenTelemetry exports it.</summary>
/// <param name="Metric">The metric, with the attributes of this point.</param>
/// <param name="Attributes">Their values.</param>
/// <param name="Value">The sum or last value, or how often a histogram was measured.</param>
/// <param name="Bounds">The upper bounds of a histogram's buckets.</param>
internal sealed record ExportedPoint(ObservedMetric Metric, IReadOnlyDictionary<string, string> Attributes, double Value, IReadOnlyList<double> Bounds)
{
    public string Of(string attribute) => Attributes.TryGetValue(attribute, out string? value) ? value : "";
}
