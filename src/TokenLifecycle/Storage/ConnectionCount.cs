namespace TokenLifecycle.Storage;

/// <summary>How many connections of a provider are in a state.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="State">What their rows say.</param>
/// <param name="Count">How many they are.</param>
public sealed record ConnectionCount(string Provider, StoredConnectionState State, long Count);
