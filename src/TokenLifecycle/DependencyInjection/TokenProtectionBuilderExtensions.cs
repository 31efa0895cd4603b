using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle;
using TokenLifecycle.DependencyInjection;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Health;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>How tokens are encrypted before they are stored. Of several calls the last one counts.</summary>
public static class TokenProtectionBuilderExtensions
{
    /// <summary>Encrypts stored tokens (AES-256-GCM) with keys from configuration; a reload of the configuration rotates them.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configuration">A section whose keys are the properties of <see cref="TokenKeyRingOptions"/>.</param>
    public static TokenLifecycleBuilder ProtectWithKeys(this TokenLifecycleBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configuration);
        builder.Services.AddOptions<TokenKeyRingOptions>().Bind(configuration);
        return builder.UseKeyRingOptions();
    }

    /// <summary>Encrypts stored tokens (AES-256-GCM) with keys that the app got from elsewhere, for example a key vault.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets the keys.</param>
    public static TokenLifecycleBuilder ProtectWithKeys(this TokenLifecycleBuilder builder, Action<TokenKeyRingOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<TokenKeyRingOptions>().Configure(configure);
        return builder.UseKeyRingOptions();
    }

    /// <summary>
    /// Encrypts stored tokens (AES-256-GCM) with keys from a JSON file of the form <c>{ "CurrentKeyId": "2026-11", "Keys": { "2026-11": "32
    /// bytes in Base64" } }</c>. A change of the file is detected within five seconds. If it cannot be used, an error is logged,
    /// <see cref="TokenProtectionHealthCheck"/> is Degraded, and the previous keys stay in use.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="path">The file; only its owner may read it. Relative paths start at the current directory.</param>
    /// <param name="createIfMissing"> Makes a file with a new key if there is none. For one machine: several machines need the same file.
    /// Without the file the stored tokens cannot be read; back it up, apart from them.
    /// </param>
    public static TokenLifecycleBuilder ProtectWithKeyFile(this TokenLifecycleBuilder builder, string path, bool createIfMissing = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(path);
        string fullPath = Path.GetFullPath(path);
        StoreProtection.Use(builder.Services, ServiceDescriptor.Singleton<ITokenProtector>(services =>
        {
            ILogger<ITokenManager> logger = services.GetRequiredService<ILogger<ITokenManager>>();
            var file = new TokenKeyRingFile(fullPath, createIfMissing, services.GetRequiredService<TimeProvider>(), (problem, keyId) =>
            {
                if (problem is null)
                    Log.KeysTaken(logger, fullPath, keyId);
                else
                    Log.KeysNotTaken(logger, fullPath, problem.Message, keyId, problem.Remedy ?? "");
            });
            file.Read(wanted: null); // On start, not with the first user.
            return new KeyRingTokenProtector(file.Read, file.Check);
        }));
        return builder;
    }

    /// <summary>Encrypts stored tokens in a way of your own, for example with a hardware module.</summary>
    /// <typeparam name="TProtector">The protector; a singleton.</typeparam>
    /// <param name="builder">The builder.</param>
    public static TokenLifecycleBuilder ProtectWith<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TProtector>(this TokenLifecycleBuilder builder)
        where TProtector : class, ITokenProtector
    {
        ArgumentNullException.ThrowIfNull(builder);
        StoreProtection.Use(builder.Services, ServiceDescriptor.Singleton<ITokenProtector, TProtector>());
        return builder;
    }

    /// <summary>
    /// Stores tokens in plain text: anyone who can read the store, a backup or a replica of it can use them. Call this only if what is
    /// stored is encrypted elsewhere,
    /// or in tests.
    /// </summary>
    /// <param name="builder">The builder.</param>
    public static TokenLifecycleBuilder WithoutProtection(this TokenLifecycleBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        StoreProtection.UseNone(builder.Services);
        return builder;
    }

    private static TokenLifecycleBuilder UseKeyRingOptions(this TokenLifecycleBuilder builder)
    {
        builder.Services.AddOptions<TokenKeyRingOptions>().ValidateOnStart();
        StoreProtection.Use(builder.Services, ServiceDescriptor.Singleton<ITokenProtector>(services =>
        {
            var keys = new TokenKeyRingFromOptions(services.GetRequiredService<IOptionsMonitor<TokenKeyRingOptions>>());
            return new KeyRingTokenProtector(_ => keys.Current, keys.Check);
        }));
        return builder;
    }
}
