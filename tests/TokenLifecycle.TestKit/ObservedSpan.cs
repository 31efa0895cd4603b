namespace TokenLifecycle.TestKit;

/// <summary>A span as the docs or a listener have it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Attributes">The names of its attributes, in ordinal order.</param>
public sealed record ObservedSpan(string Name, string Kind, IReadOnlyList<string> Attributes);
