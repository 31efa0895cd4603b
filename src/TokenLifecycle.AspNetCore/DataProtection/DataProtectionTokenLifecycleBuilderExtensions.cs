using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.AspNetCore;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Encrypts stored tokens with the keys that ASP.NET Core keeps anyway.</summary>
public static class DataProtectionTokenLifecycleBuilderExtensions
{
    /// <summary>
    /// Encrypts stored tokens with ASP.NET Core Data Protection. Say where its keys are kept, for all nodes alike, and under which name:
    /// <c>AddDataProtection().SetApplicationName("my-app").PersistKeysToFileSystem(...).ProtectKeysWithCertificate(...)</c>. Back the keys
    /// up apart from the store: tokens whose keys are lost cannot be read by anybody.
    /// </summary>
    /// <remarks>
    /// Outside Development the start fails with <see cref="TokenStoreNotReadyException"/> if no place for the keys was chosen, if they end
    /// with the process, or if they lie unencrypted. Nodes that start for the first time at once know all of each other's keys within a
    /// minute.
    /// </remarks>
    /// <param name="builder">What <c>AddTokenLifecycle()</c> returned.</param>
    /// <param name="configure">What the app knowingly does without.</param>
    /// <returns>The same builder.</returns>
    public static TokenLifecycleBuilder ProtectWithDataProtection(this TokenLifecycleBuilder builder, Action<DataProtectionTokenOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddDataProtection();
        builder.Services.AddOptions<DataProtectionTokenOptions>().KeepAsOnStart();
        if (configure is not null)
            builder.Services.Configure(configure);
        builder.Services.TryAddSingleton<KeyRingCheck>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, KeyRingWatch>());
        return builder.ProtectWith<DataProtectionTokenProtector>();
    }
}
