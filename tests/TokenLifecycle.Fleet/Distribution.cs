using System.Globalization;

namespace TokenLifecycle.Fleet;

/// <summary>Measured times.</summary>
internal sealed class Distribution(IEnumerable<double> milliseconds)
{
    private readonly double[] _sorted = [.. milliseconds.Order()];

    public int Count => _sorted.Length;

    public double P50 => At(0.50);

    public double P99 => At(0.99);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"p50 {P50:0.0} ms, p99 {P99:0.0} ms, most {At(1):0.0} ms of {Count}");

    private double At(double share) => _sorted.Length == 0 ? 0 : Math.Round(_sorted[Math.Max(0, (int)Math.Ceiling(share * _sorted.Length) - 1)], 1);
}
