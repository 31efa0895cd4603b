using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Diagnostics;

/// <summary>OpenTelemetry's own pipeline, as an app sets it up, with exporters that keep what they are given.</summary>
internal sealed class Telemetry : IDisposable
{
    private readonly MetricKeeper _metrics = new();
    private readonly SpanKeeper _spans = new();
    private readonly MeterProvider _meters;
    private readonly TracerProvider _tracers;

    public Telemetry()
    {
        _meters = Sdk.CreateMeterProviderBuilder()
            .AddMeter(TokenLifecycleDiagnostics.MeterName)
            .AddReader(new BaseExportingMetricReader(_metrics))
            .Build();
        _tracers = Sdk.CreateTracerProviderBuilder()
            .AddSource(TokenLifecycleDiagnostics.ActivitySourceName)
            .AddProcessor(new SimpleActivityExportProcessor(_spans))
            .Build();
    }

    public IReadOnlyCollection<Activity> Spans => _spans.Spans;

    /// <summary>The points as they are now: metric, attributes, and value or number of measurements.</summary>
    public IReadOnlyList<ExportedPoint> Collect()
    {
        _metrics.Points.Clear();
        _meters.ForceFlush().Should().BeTrue();
        return [.. _metrics.Points];
    }

    public void Dispose()
    {
        _meters.Dispose();
        _tracers.Dispose();
    }

    private sealed class MetricKeeper : BaseExporter<Metric>
    {
        public ConcurrentQueue<ExportedPoint> Points { get; } = new();

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (Metric metric in batch)
            {
                foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
                    Points.Enqueue(Read(metric, point));
            }

            return ExportResult.Success;
        }

        private static ExportedPoint Read(Metric metric, MetricPoint point)
        {
            var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach ((string name, object? value) in point.Tags)
                attributes[name] = $"{value}";
            List<double> bounds = [];
            if (metric.MetricType == MetricType.Histogram)
            {
                foreach (HistogramBucket bucket in point.GetHistogramBuckets())
                    bounds.Add(bucket.ExplicitBound);
            }

            return metric.MetricType switch
            {
                MetricType.LongSum => new ExportedPoint(new ObservedMetric(metric.Name, "Counter", metric.Unit, Sorted(attributes)), attributes, point.GetSumLong(), bounds),
                MetricType.LongGauge => new ExportedPoint(new ObservedMetric(metric.Name, "Gauge", metric.Unit, Sorted(attributes)), attributes, point.GetGaugeLastValueLong(), bounds),
                MetricType.DoubleGauge => new ExportedPoint(new ObservedMetric(metric.Name, "Gauge", metric.Unit, Sorted(attributes)), attributes, point.GetGaugeLastValueDouble(), bounds),
                MetricType.Histogram => new ExportedPoint(new ObservedMetric(metric.Name, "Histogram", metric.Unit, Sorted(attributes)), attributes, point.GetHistogramCount(), bounds),
                _ => throw new InvalidOperationException($"{metric.Name} is a {metric.MetricType}."),
            };
        }

        private static string[] Sorted(Dictionary<string, string> attributes) => [.. attributes.Keys.Order(StringComparer.Ordinal)];
    }

    private sealed class SpanKeeper : BaseExporter<Activity>
    {
        public ConcurrentQueue<Activity> Spans { get; } = new();

        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (Activity span in batch)
                Spans.Enqueue(span);
            return ExportResult.Success;
        }
    }
}
