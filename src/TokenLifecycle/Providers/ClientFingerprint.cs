using System.Security.Cryptography;
using System.Text;
using TokenLifecycle.Options;

namespace TokenLifecycle.Providers;

/// <summary>
/// Identifies the settings by which a provider recognizes the client, to detect that the operator changed them. Options that were only
/// loaded again have the same fingerprint.
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

        AddChanged(options.RefreshAuthentication?.ToString());
        AddChanged(options.RefreshFormat?.ToString());
        AddChanged(options.RefreshGrantType == "refresh_token" ? null : options.RefreshGrantType);
        AddAll(options.ParameterNames);
        AddAll(options.GrantType == OAuthGrantType.ClientCredentials ? options.TokenParameters : options.RefreshParameters);
        if (options.GrantType == OAuthGrantType.ClientCredentials)
            Add(string.Join(options.ScopeSeparator, options.Scopes)); // A refresh sends none.
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        // Settings that few providers need count only where they are set.
        void AddChanged(string? value)
        {
            if (value is not null)
                Add(value);
        }

        void AddAll(IDictionary<string, string> parameters)
        {
            foreach ((string name, string value) in parameters.OrderBy(static parameter => parameter.Key, StringComparer.Ordinal))
            {
                Add(name);
                Add(value);
            }
        }

        // The length comes first, so that no value can be read as two.
        void Add(string? value) => text.Append(value?.Length ?? -1).Append(':').Append(value);
    }
}
