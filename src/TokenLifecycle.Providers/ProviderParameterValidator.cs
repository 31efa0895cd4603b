using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.Providers;

/// <summary>Validates the placeholders of presets whose addresses contain a tenant, shop or domain.</summary>
internal sealed class ProviderParameterValidator(IEnumerable<ProviderParameter> parameters) : IValidateOptions<OAuthProviderOptions>
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, OAuthProviderOptions options)
    {
        string[] problems = [.. parameters.Where(p => p.Provider == name).Select(p => Find(p, options)).OfType<string>()];
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static string? Find(ProviderParameter parameter, OAuthProviderOptions options)
    {
        string setting = $"OAuth provider \"{parameter.Provider}\": Placeholders[\"{parameter.Name}\"]";
        if (!options.Placeholders.TryGetValue(parameter.Name, out string? value) || string.IsNullOrEmpty(value))
        {
            bool isNeeded = Addresses(options).Any(address => address.Contains($"{{{parameter.Name}}}", StringComparison.Ordinal));
            return isNeeded
                ? $"{setting} is not set, and the provider's addresses contain it. Set it, for example to \"{parameter.Example}\"."
                : null;
        }

        bool fits = Regex.IsMatch(value, parameter.Pattern, RegexOptions.CultureInvariant, _limit);
        return fits ? null : $"{setting} does not match {parameter.Pattern}. Set it to a value such as \"{parameter.Example}\".";
    }

    private static IEnumerable<string> Addresses(OAuthProviderOptions options) =>
        new[]
            {
                options.AuthorizationEndpoint, options.TokenEndpoint, options.RefreshEndpoint, options.RevocationEndpoint, options.UserInfoEndpoint,
            }
            .OfType<string>()
            .Concat(options.ApiOrigins);
}
