using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Refuses a provider to sign in by whose settings don't prove who a user is (FS-3): on start, and when settings are reloaded.
/// </summary>
internal sealed class SignInProviderValidator(IOptions<TokenLifecycleWebOptions> web) : IValidateOptions<OAuthProviderOptions>
{
    public ValidateOptionsResult Validate(string? name, OAuthProviderOptions options) =>
        name is not null && web.Value.SignInProviders.Contains(name, StringComparer.Ordinal) && SignInRules.ProblemOf(options) is { } problem
            ? ValidateOptionsResult.Fail($"Provider '{name}' is one of SignInProviders, but {problem.Problem}. {problem.Remedy}.")
            : ValidateOptionsResult.Success;
}
