using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.Providers;

/// <summary>Registers a preset of the catalog. The <c>Add…</c> methods, which are generated, call it.</summary>
internal sealed class ProviderPreset(Action<OAuthProviderOptions> configure)
{
    /// <summary>Gets the announced changes: date, what changes, link.</summary>
    public (DateOnly Date, string Change, string Link)[] Changes { get; init; } = [];

    /// <summary>Gets the placeholders of the addresses: name, pattern, example.</summary>
    public (string Name, string Pattern, string Example)[] Parameters { get; init; } = [];

    /// <summary>Adds the provider: the preset first, then the configuration, then the code.</summary>
    public TokenLifecycleBuilder AddTo(
        TokenLifecycleBuilder builder, string name, IConfiguration? configuration, Action<OAuthProviderOptions>? code)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        foreach ((DateOnly date, string change, string link) in Changes)
            builder.Services.AddSingleton(new ProviderNotice(name, date, change, link));
        foreach ((string parameter, string pattern, string example) in Parameters)
            builder.Services.AddSingleton(new ProviderParameter(name, parameter, pattern, example));
        if (Changes.Length > 0)
            builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ProviderNoticeCheck>());
        if (Parameters.Length > 0)
        {
            builder.Services.TryAddEnumerable(
                ServiceDescriptor.Singleton<IValidateOptions<OAuthProviderOptions>, ProviderParameterValidator>());
        }

        return builder.Add(name, configure, configuration, code);
    }
}
