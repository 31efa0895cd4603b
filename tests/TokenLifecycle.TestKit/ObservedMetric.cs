namespace TokenLifecycle.TestKit;

/// <summary>A metric as the docs or a listener have it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Counter, Histogram or Gauge.</param>
/// <param name="Unit">Its unit; empty if it has none.</param>
/// <param name="Attributes">The names of its attributes, in ordinal order.</param>
public sealed record ObservedMetric(string Name, string Kind, string Unit, IReadOnlyList<string> Attributes)
{
    /// <summary>The time series that Prometheus gets from OpenTelemetry's exporter.</summary>
    public IEnumerable<string> PrometheusNames()
    {
        string name = Name.Replace('.', '_') + (Unit == "s" ? "_seconds" : "");
        return Kind switch
        {
            "Counter" => [name + "_total"],
            "Histogram" => [name + "_bucket", name + "_sum", name + "_count"],
            _ => [name],
        };
    }

    /// <summary>Its labels there.</summary>
    public IEnumerable<string> PrometheusLabels() => Attributes.Select(static name => name.Replace('.', '_')).Concat(Kind == "Histogram" ? ["le"] : []);
}
