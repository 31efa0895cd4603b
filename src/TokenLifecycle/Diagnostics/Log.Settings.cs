using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Diagnostics;

/// <summary>Messages about settings that are allowed but weaker than necessary.</summary>
internal static partial class Log
{
    [LoggerMessage(64, LogLevel.Warning, "OAuth provider \"{Provider}\": Pkce is Plain, so the authorization request holds the code verifier itself, and a stolen code is protected less. Set Pkce to S256 unless the provider supports nothing else.")]
    public static partial void CodeChallengeIsPlain(ILogger logger, string provider);

    [LoggerMessage(65, LogLevel.Warning, "OAuth provider \"{Provider}\": a request format is Query, so tokens and secrets are in addresses, which proxies and servers log. Set RequestFormat, RefreshFormat and RevocationFormat to Form or Json unless the provider accepts nothing else.")]
    public static partial void SecretsInQuery(ILogger logger, string provider);

    [LoggerMessage(66, LogLevel.Warning, "OAuth provider \"{Provider}\": {Endpoint} is an http:// address of a host in AllowHttpHosts, so tokens and the client secret cross the network unencrypted. Use https:// unless every part of that network is trusted.")]
    public static partial void PlainHttpAllowed(ILogger logger, string provider, string endpoint);
}
