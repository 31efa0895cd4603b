using System.Security.Cryptography;
using System.Text;
using TokenLifecycle.Options;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Identifies the settings by which a provider recognizes the client, to detect that the operator changed them. Options that were only loaded again have the
/// same fingerprint.
/// </summary>
internal static class ClientFingerprint
{
    /// <summary>The value for settings that were certainly not the reason why a connection was refused.</summary>
    public const string Irrelevant = "";

    private const int StoredLength = 8;

    /// <summary>Returns the form that is stored: long enough to detect a change, and too short to guess a secret from it.</summary>
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

        // The length comes first, so that no value can be read as two.
        void Add(string? value) => text.Append(value?.Length ?? -1).Append(':').Append(value);
    }
}
