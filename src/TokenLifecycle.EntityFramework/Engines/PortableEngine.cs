using TokenLifecycle.EntityFramework.Portable;
using TokenLifecycle.EntityFramework.Rows;

namespace TokenLifecycle.EntityFramework.Engines;

/// <summary>Any engine that no package is for.</summary>
internal sealed class PortableEngine(TimeProvider clock) : DatabaseEngine
{
    /// <inheritdoc/>
    public override ITokenRows Rows { get; } = new PortableRows(clock);

    /// <inheritdoc/>
    public override bool IsFor(string? provider) => true;
}
