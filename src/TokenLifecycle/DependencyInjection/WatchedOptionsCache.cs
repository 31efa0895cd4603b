using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.DependencyInjection;

/// <summary>
/// The framework's cache of options, and whether it was changed: code that keeps a value made from options need not look them up to know.
/// </summary>
internal sealed class WatchedOptionsCache<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions> : IOptionsMonitorCache<TOptions>
    where TOptions : class
{
    private readonly OptionsCache<TOptions> _cache = new();
    private long _version;

    /// <summary>Another one after options were taken out or put in.</summary>
    public long Version => Volatile.Read(ref _version);

    public TOptions GetOrAdd(string? name, Func<TOptions> createOptions) => _cache.GetOrAdd(name, createOptions);

    public bool TryAdd(string? name, TOptions options)
    {
        bool isAdded = _cache.TryAdd(name, options);
        Touch();
        return isAdded;
    }

    public bool TryRemove(string? name)
    {
        bool isRemoved = _cache.TryRemove(name);
        Touch();
        return isRemoved;
    }

    public void Clear()
    {
        _cache.Clear();
        Touch();
    }

    // Afterwards: a reader of the former options has the former version, and looks again.
    private void Touch() => Interlocked.Increment(ref _version);
}
