namespace TokenLifecycle.AspNetCore;

/// <summary>What an operator wants to know first, as JSON.</summary>
internal sealed class Overview
{
    public required IReadOnlyList<ProviderOverview> Providers { get; init; }
}
