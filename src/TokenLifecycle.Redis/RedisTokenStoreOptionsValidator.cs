using Microsoft.Extensions.Options;

namespace TokenLifecycle.Redis;

/// <summary>Checks the settings on start.</summary>
internal sealed class RedisTokenStoreOptionsValidator : IValidateOptions<RedisTokenStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, RedisTokenStoreOptions options)
    {
        List<string> failures = [];
        if (string.IsNullOrEmpty(options.KeyPrefix) || !options.KeyPrefix.All(static c => char.IsAsciiLetterOrDigit(c) || c is ':' or '.' or '_' or '-'))
            failures.Add($"{nameof(RedisTokenStoreOptions.KeyPrefix)} must consist of letters, digits, and :._- because braces and wildcards have a meaning in the names of keys.");
        if (options.IndexCheckInterval <= TimeSpan.Zero && options.IndexCheckInterval != Timeout.InfiniteTimeSpan)
            failures.Add($"{nameof(RedisTokenStoreOptions.IndexCheckInterval)} must be greater than zero, or Timeout.InfiniteTimeSpan for never.");
        if (!Enum.IsDefined(options.ExpectedDurability))
            failures.Add($"{nameof(RedisTokenStoreOptions.ExpectedDurability)} must be {string.Join(", ", Enum.GetNames<RedisDurability>())}.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
