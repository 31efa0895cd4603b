using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>Logs, once the app is up, which redirect addresses to register, or that no pages are mapped.</summary>
internal sealed class WebStartupDiagnostics(
    PublicAddresses addresses, IRegisteredProviders providers, IOptionsMonitor<OAuthProviderOptions> options, IServiceProvider services, ILogger<WebStartupDiagnostics> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (addresses.Prefix is null)
        {
            WebLog.NotMapped(logger);
            return Task.CompletedTask;
        }

        string? local = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses
            .FirstOrDefault(static bound => Uri.TryCreate(bound, UriKind.Absolute, out Uri? address) && address.IsLoopback);
        foreach (string provider in providers.Names.Where(provider => options.Get(provider).GrantType == OAuthGrantType.AuthorizationCode))
        {
            if (addresses.RedirectAddress(provider, local) is { } address)
                WebLog.RedirectAddress(logger, provider, address);
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
