namespace TokenLifecycle.TestKit;

/// <summary>A secret seen where none may be.</summary>
/// <param name="Channel">The kind of place: log, metric, activity, exception, inspected.</param>
/// <param name="Place">The place itself, for example the name of the tag.</param>
/// <param name="Excerpt">The text around the mark.</param>
public sealed record CanaryLeak(string Channel, string Place, string Excerpt)
{
    public override string ToString() => $"{Channel} | {Place} | {Excerpt}";
}
