namespace TokenLifecycle.Benchmarks;

/// <summary>One line of the table.</summary>
/// <param name="Name">Group and method.</param>
/// <param name="Nanoseconds">The median of a call.</param>
/// <param name="Bytes">What a call allocates.</param>
/// <param name="Reference">The line that this one is compared with.</param>
/// <param name="Ratio">How many times the reference's time it takes.</param>
internal sealed record Figure(string Name, double Nanoseconds, double Bytes, string Reference, double Ratio);
