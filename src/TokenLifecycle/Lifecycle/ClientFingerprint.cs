using System.Security.Cryptography;
using System.Text;
using TokenLifecycle.Options;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Identifies the settings by which a provider recognizes the client, to notice that the operator changed them. Options that were only loaded again have the
/// same one.
/// </summary>
internal static class ClientFingerprint
{
    /// <summary>What stands for settings of which it is certain that they were not the reason why a connection was refused.</summary>
    public const string Irrelevant = "";

    private const int StoredLength = 8;

    /// <summary>The form that is stored: enough to notice a change, and too short to find out a secret by it.</summary>
    public static string ForStore(string fingerprint) => fingerprint[..StoredLength];

    public static string Of(OAuthProviderOptions options)
    {
        var text = new StringBuilder();
        Add(options.ClientId);
        Add(options.ClientSecret);
        Add(options.ClientAuthentication.ToString());
        Add(options.TokenEndpoint);
        Add(options.RefreshEndpoint);
        Add(options.RequestFormat.ToString());
        foreach ((string name, string value) in options.RequestHeaders.OrderBy(static header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            Add(name);
            Add(value);
        }

        if (options.Grant == ConnectionGrant.ClientCredentials)
            Add(string.Join(options.ScopeSeparator, options.Scopes)); // A refresh sends none.
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        // With its length, so that no value can pass for two.
        void Add(string? value) => text.Append(value?.Length ?? -1).Append(':').Append(value);
    }
}
