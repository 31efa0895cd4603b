using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>Says what is wrong with where the keys are kept (ST-5). A developer's machine may keep them as it likes.</summary>
internal sealed class KeyRingCheck(
    IDataProtectionProvider provider,
    IOptions<KeyManagementOptions> keys,
    IOptions<DataProtectionOptions> protection,
    IOptions<DataProtectionTokenOptions> options,
    IHostEnvironment environment,
    ILogger<KeyRingCheck> logger)
{
    private const string Subject = "Data Protection keys";

    public IReadOnlyList<TokenStoreProblem> Problems()
    {
        if (environment.IsDevelopment())
            return [];

        var problems = new List<TokenStoreProblem>();
        bool hasPlace = keys.Value.XmlRepository is not null && provider is not EphemeralDataProtectionProvider;
        if (!hasPlace && !options.Value.AllowUnsharedKeys)
        {
            problems.Add(new TokenStoreProblem(
                Subject,
                "No place was chosen for the keys that stored tokens are encrypted with. They may end with this process or container, and no other node has them; then every user has to connect again.",
                "Say where: builder.Services.AddDataProtection().SetApplicationName(\"my-app\").PersistKeysToFileSystem(new DirectoryInfo(\"/a/shared/folder\")), or PersistKeysToDbContext, or another PersistKeysTo...; or, knowing this, .ProtectWithDataProtection(o => o.AllowUnsharedKeys = true)."));
        }

        if (hasPlace && keys.Value.XmlEncryptor is null or NullXmlEncryptor && !options.Value.AllowUnencryptedKeys)
        {
            problems.Add(new TokenStoreProblem(
                Subject,
                "The keys that stored tokens are encrypted with lie unencrypted where they are kept.",
                "Add .ProtectKeysWithCertificate(certificate) after AddDataProtection(), or another ProtectKeysWith...; or, where that place is encrypted and closed to others, .ProtectWithDataProtection(o => o.AllowUnencryptedKeys = true)."));
        }

        // The host's own default: an app that is next released into another folder could read nothing any more.
        if (hasPlace && string.Equals(protection.Value.ApplicationDiscriminator?.TrimEnd('/', '\\'), environment.ContentRootPath.TrimEnd('/', '\\'), StringComparison.Ordinal))
            WebLog.KeysBoundToFolder(logger, environment.ContentRootPath);
        return problems;
    }
}
