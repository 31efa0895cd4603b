using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.DependencyInjection;

/// <summary>Settings that outlive a bad reload.</summary>
internal static class LastGoodOptionsExtensions
{
    /// <summary>Reads the settings on start, where a mistake stops the app, and keeps the last valid ones from then.</summary>
    public static OptionsBuilder<TOptions> KeepLastGood<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(this OptionsBuilder<TOptions> options)
        where TOptions : class
    {
        options.Services.TryAddSingleton<IOptionsMonitor<TOptions>, LastGoodOptions<TOptions>>();
        return options.ValidateOnStart();
    }

    /// <summary>
    /// As <see cref="KeepLastGood"/>, for settings that stay as they were on start: <see cref="IOptions{TOptions}"/> is made of what was
    /// valid then, whenever it is first used.
    /// </summary>
    public static OptionsBuilder<TOptions> KeepAsOnStart<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(this OptionsBuilder<TOptions> options)
        where TOptions : class
    {
        options.Services.TryAddSingleton<IOptions<TOptions>>(static services => new OptionsWrapper<TOptions>(services.GetRequiredService<IOptionsMonitor<TOptions>>().CurrentValue));
        return options.KeepLastGood();
    }
}
