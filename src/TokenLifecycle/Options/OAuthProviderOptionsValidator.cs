using Microsoft.Extensions.Options;

namespace TokenLifecycle.Options;

/// <summary>
/// Checks a provider's settings on start, after <see cref="OAuthProviderOptionsResolver"/>. The rules are in the files named
/// Provider...Rules.
/// </summary>
internal sealed class OAuthProviderOptionsValidator : IValidateOptions<OAuthProviderOptions>
{
    private const int LongestName = 64;

    public ValidateOptionsResult Validate(string? name, OAuthProviderOptions options)
    {
        // The name is part of addresses, cookies, keys and log lines.
        if (string.IsNullOrEmpty(name) || name.Length > LongestName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            return ValidateOptionsResult.Fail(
                $"The name of an OAuth provider has 1 to {LongestName} characters out of A-Z, a-z, 0-9, dot, underscore and hyphen; one with {name?.Length ?? 0} characters does not fit. Change it in the call of AddProvider.");
        }

        SettingProblems problems = new($"OAuth provider \"{name}\"", "the configuration section given to it", options.Section);
        ProviderClientRules.Check(problems, name, options);
        ProviderEndpointRules.Check(problems, options);
        ParameterNameRules.Check(problems, options);
        ProviderReplyRules.Check(problems, options);
        ProviderVariantRules.Check(problems, options);
        return problems.ToResult();
    }
}
