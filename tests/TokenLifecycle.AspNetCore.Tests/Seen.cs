namespace TokenLifecycle.AspNetCore.Tests;

/// <summary>What came back.</summary>
internal sealed record Seen(int Status, string? Location, string Text, IReadOnlyDictionary<string, string> Headers);
