using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.DependencyInjection;

/// <summary>
/// Checks the keys on start. Stands here and not beside the settings because only this room knows both them and the ring they make.
/// </summary>
internal sealed class TokenKeyRingOptionsValidator : IValidateOptions<TokenKeyRingOptions>
{
    public ValidateOptionsResult Validate(string? name, TokenKeyRingOptions options) =>
        TokenKeyRingFromOptions.Of(options, out IReadOnlyList<string> problems) is null
            ? ValidateOptionsResult.Fail(problems.Select(static problem => $"TokenLifecycle, the keys given to ProtectWithKeys: {problem}"))
            : ValidateOptionsResult.Success;
}
