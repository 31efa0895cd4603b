using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.Options;

/// <summary>
/// Turns what preset, configuration and code have set into what is used: the chosen environment, the preset's lists, placeholders.
/// Leaves what it cannot resolve unchanged; the validator then reports it.
/// </summary>
internal sealed class OAuthProviderOptionsResolver(IHostEnvironment? host = null) : IPostConfigureOptions<OAuthProviderOptions>
{
    public void PostConfigure(string? name, OAuthProviderOptions options)
    {
        ReplaceNulls(options);
        options.AllowHttpOnLoopback ??= host?.IsDevelopment() ?? false;

        if (!string.IsNullOrEmpty(options.Environment) && options.Environments.TryGetValue(options.Environment, out ProviderEnvironment? environment))
            Fill(options, environment);
        if (options.Preset is { } preset)
            Fill(options, preset);
        ReplacePlaceholders(options);
    }

    private static void Fill(OAuthProviderOptions options, ProviderEnvironment environment)
    {
        options.AuthorizationEndpoint = Own(options.AuthorizationEndpoint) ?? environment.AuthorizationEndpoint;
        options.TokenEndpoint = Own(options.TokenEndpoint) ?? environment.TokenEndpoint;
        options.RevocationEndpoint = Own(options.RevocationEndpoint) ?? environment.RevocationEndpoint;
        options.UserInfoEndpoint = Own(options.UserInfoEndpoint) ?? environment.UserInfoEndpoint;
        FillEmpty(options.ApiOrigins, environment.ApiOrigins ?? []);
    }

    private static string? Own(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static void Fill(OAuthProviderOptions options, PresetLists preset)
    {
        FillEmpty(options.Scopes, preset.Scopes);
        FillEmpty(options.ApiOrigins, preset.ApiOrigins);
        FillEmpty(options.GrantedScopesFrom, preset.GrantedScopesFrom);
        foreach (TokenErrorRule rule in preset.ErrorRules)
            options.ErrorRules.Add(rule);
    }

    private static void FillEmpty<T>(IList<T> list, IEnumerable<T> values)
    {
        if (list.Count > 0)
            return;
        foreach (T value in values)
            list.Add(value);
    }

    private static void ReplacePlaceholders(OAuthProviderOptions options)
    {
        // In an address a value is one piece of a host or path and must not bring a new part of the address with it; a header uses it
        // unchanged.
        options.AuthorizationEndpoint = Replaced(options.AuthorizationEndpoint, options, Uri.EscapeDataString);
        options.TokenEndpoint = Replaced(options.TokenEndpoint, options, Uri.EscapeDataString);
        options.RefreshEndpoint = Replaced(options.RefreshEndpoint, options, Uri.EscapeDataString);
        options.RevocationEndpoint = Replaced(options.RevocationEndpoint, options, Uri.EscapeDataString);
        options.UserInfoEndpoint = Replaced(options.UserInfoEndpoint, options, Uri.EscapeDataString);
        options.Issuer = Replaced(options.Issuer, options, Uri.EscapeDataString);
        for (int i = 0; i < options.ApiOrigins.Count; i++)
            options.ApiOrigins[i] = Replaced(options.ApiOrigins[i], options, Uri.EscapeDataString)!;
        options.RequestHeaders = Replaced(options.RequestHeaders, options, StringComparer.OrdinalIgnoreCase);
        options.AdditionalAuthorizationParameters = Replaced(options.AdditionalAuthorizationParameters, options, StringComparer.Ordinal);
        options.TokenParameters = Replaced(options.TokenParameters, options, StringComparer.Ordinal);
        options.RefreshParameters = Replaced(options.RefreshParameters, options, StringComparer.Ordinal);
        options.RevocationParameters = Replaced(options.RevocationParameters, options, StringComparer.Ordinal);
        options.UserInfoParameters = Replaced(options.UserInfoParameters, options, StringComparer.Ordinal);
    }

    // A copy: an app may have given one dictionary to several providers.
    private static Dictionary<string, string> Replaced(IDictionary<string, string>? values, OAuthProviderOptions options, StringComparer comparer)
    {
        var replaced = new Dictionary<string, string>(comparer);
        foreach ((string name, string value) in values ?? new Dictionary<string, string>(comparer))
            replaced[name] = Replaced(value, options, static text => text)!;
        return replaced;
    }

    private static string? Replaced(string? text, OAuthProviderOptions options, Func<string, string> write)
    {
        if (text is null || !text.Contains('{', StringComparison.Ordinal))
            return text;

        foreach ((string name, string value) in options.Placeholders)
        {
            // An empty value would silently make another address: "https://.example.com" or "//token".
            if (!string.IsNullOrEmpty(value))
                text = text.Replace($"{{{name}}}", write(value), StringComparison.Ordinal);
        }

        return options.ClientId.Length == 0 ? text : text.Replace("{ClientId}", write(options.ClientId), StringComparison.Ordinal);
    }

    // A null in a JSON configuration file is bound as null, whatever the property's type says.
    private static void ReplaceNulls(OAuthProviderOptions options)
    {
        options.ClientId ??= "";
        options.ScopeSeparator ??= "";
        options.Scopes = Writable(options.Scopes);
        options.ApiOrigins = Writable(options.ApiOrigins);
        options.ErrorRules = Writable(options.ErrorRules);
        options.GrantedScopesFrom = Writable(options.GrantedScopesFrom);
        options.CapturedFields ??= [];
        options.PreviousTokenEndpointOrigins ??= [];
        options.Environments ??= new Dictionary<string, ProviderEnvironment>(StringComparer.OrdinalIgnoreCase);
        options.Placeholders ??= new Dictionary<string, string>(StringComparer.Ordinal);
        options.ParameterNames ??= new Dictionary<string, string>(StringComparer.Ordinal);
        options.ScopeAliases ??= new Dictionary<string, string>(StringComparer.Ordinal);
        options.AcceptedTokenTypes ??= [];
        options.UnreportedScopes ??= [];
        options.AllowHttpHosts ??= [];
        options.UserInfoCapturedFields ??= [];
        options.SuccessValue ??= "";
        // A configuration file can't write "not set" for a value that a preset has set, but it can write nothing.
        options.TokenRoot = Own(options.TokenRoot);
        options.SuccessPath = Own(options.SuccessPath);
        options.RedirectUriName = Own(options.RedirectUriName);
    }

    // An app may have set an array, or one list for several providers.
    private static List<T> Writable<T>(IList<T>? list) => [.. list ?? []];
}
