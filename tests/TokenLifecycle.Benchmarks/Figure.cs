using System.Globalization;

namespace TokenLifecycle.Benchmarks;

/// <summary>One line of the table.</summary>
/// <param name="Name">Group and method.</param>
/// <param name="Nanoseconds">The median of a call.</param>
/// <param name="Bytes">What a call allocates.</param>
/// <param name="Reference">The line that this one is compared with.</param>
/// <param name="Ratio">How many times the reference's time it takes.</param>
internal sealed record Figure(string Name, double Nanoseconds, double Bytes, string Reference, double Ratio)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name,-32} {Time,12} {Bytes,10:0} B {Ratio,8:0.00}  {Reference}");

    private string Time => Nanoseconds switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{Nanoseconds:0.0} ns"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{Nanoseconds / 1000:0.00} us"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Nanoseconds / 1_000_000:0.00} ms"),
    };
}
