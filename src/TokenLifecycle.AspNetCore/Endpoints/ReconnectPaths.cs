using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>Where the endpoints are mapped is where users reconnect, unless the settings say otherwise.</summary>
internal sealed class ReconnectPaths(PublicAddresses addresses) : IPostConfigureOptions<OAuthProviderOptions>
{
    public void PostConfigure(string? name, OAuthProviderOptions options)
    {
        if (!string.IsNullOrEmpty(name) && addresses.Prefix is not null && string.IsNullOrEmpty(options.ReconnectPath) && options.GrantType == OAuthGrantType.AuthorizationCode)
            options.ReconnectPath = addresses.Connect(name);
    }
}
