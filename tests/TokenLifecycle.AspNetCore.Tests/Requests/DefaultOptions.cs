using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.AspNetCore.Tests.Requests;

/// <summary>The settings of an app that sets none.</summary>
internal sealed class DefaultOptions : IOptionsMonitor<TokenLifecycleOptions>
{
    public TokenLifecycleOptions CurrentValue { get; } = new();

    public TokenLifecycleOptions Get(string? name) => CurrentValue;

    public IDisposable? OnChange(Action<TokenLifecycleOptions, string?> listener) => null;
}
