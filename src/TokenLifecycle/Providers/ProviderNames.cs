using System.Collections.Concurrent;

namespace TokenLifecycle.Providers;

/// <summary>
/// The names of the registered providers. Named options exist for every requested name, so they don't show which are registered.
/// </summary>
internal sealed class ProviderNames : IRegisteredProviders
{
    private readonly ConcurrentDictionary<string, bool> _names = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Names => [.. _names.Keys.Order(StringComparer.Ordinal)];

    public void Add(string name) => _names[name] = true;

    public bool Contains(string name) => _names.ContainsKey(name);

    /// <summary>All of them, for a message.</summary>
    public override string ToString() => _names.IsEmpty ? "none" : string.Join(", ", _names.Keys.Order(StringComparer.Ordinal));
}
