using TokenLifecycle.Storage;

namespace TokenLifecycle.DependencyInjection;

/// <summary>The store of an app that has chosen none. Known apart from one that was chosen, so that only the former is warned of.</summary>
internal sealed class DefaultStore(TimeProvider time)
{
    public InMemoryTokenStore Store { get; } = new(time);
}
