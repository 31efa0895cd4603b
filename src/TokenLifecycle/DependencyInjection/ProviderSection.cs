using Microsoft.Extensions.Configuration;

namespace TokenLifecycle.DependencyInjection;

/// <summary>The section of the configuration that a provider's settings come from.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Configuration">The section as the app gave it.</param>
internal sealed record ProviderSection(string Provider, IConfiguration Configuration);
