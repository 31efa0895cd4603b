using Microsoft.Extensions.Options;

namespace TokenLifecycle.Options;

/// <summary>Validates the settings of the background refresh, without other settings.</summary>
internal sealed class BackgroundRefreshOptionsValidator : IValidateOptions<BackgroundRefreshOptions>
{
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _longest = TimeSpan.FromHours(24);

    public ValidateOptionsResult Validate(string? name, BackgroundRefreshOptions options)
    {
        SettingProblems problems = new("TokenLifecycle background refresh", "the configuration section given to AddBackgroundRefresh");
        problems.Require(options.Interval >= _shortest && options.Interval <= _longest, nameof(options.Interval), $"is {options.Interval}", "Set it from 100 ms to 24 hours, as hh:mm:ss");
        problems.Require(options.BatchSize is >= 1 and <= 10_000, nameof(options.BatchSize), $"is {options.BatchSize}", "Set it from 1 to 10000");
        problems.Require(options.MaxConcurrency is >= 1 and <= 10_000, nameof(options.MaxConcurrency), $"is {options.MaxConcurrency}", "Set it from 1 to 10000");
        problems.Require(
            options.RescheduleBacklogAfter >= TimeSpan.Zero && options.RescheduleBacklogAfter <= TimeSpan.FromDays(30),
            nameof(options.RescheduleBacklogAfter), $"is {options.RescheduleBacklogAfter}", "Set it to zero, or up to 30 days");
        return problems.ToResult();
    }
}
