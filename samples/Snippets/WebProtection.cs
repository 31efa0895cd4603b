using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Snippets;

internal static class WebProtection
{
    public static void Register(IServiceCollection services, IConfiguration configuration, X509Certificate2 certificate)
    {
        #region web-data-protection
        services.AddDataProtection()
            .SetApplicationName("my-app")                                     // the same on all nodes, permanently
            .PersistKeysToFileSystem(new DirectoryInfo("/var/lib/my-app/keys")) // a folder that all nodes share
            .ProtectKeysWithCertificate(certificate);

        services.AddTokenLifecycle()
            .AddStrava(configuration.GetSection("Strava"))
            .UseFileStore("/var/lib/my-app/connections")
            .ProtectWithDataProtection();
        #endregion
    }
}
