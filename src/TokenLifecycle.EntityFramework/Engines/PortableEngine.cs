using TokenLifecycle.EntityFramework.Portable;
using TokenLifecycle.EntityFramework.Rows;

namespace TokenLifecycle.EntityFramework.Engines;

/// <summary>Any engine that no package is for.</summary>
internal sealed class PortableEngine(TimeProvider clock) : DatabaseEngine
{
    /// <inheritdoc/>
    public override string? ProviderName => null;

    /// <inheritdoc/>
    public override ITokenRows Rows { get; } = new PortableRows(clock);
}
