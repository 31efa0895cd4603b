using System.Globalization;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.Options;

/// <summary>Checks the settings for all providers on start.</summary>
internal sealed class TokenLifecycleOptionsValidator : IValidateOptions<TokenLifecycleOptions>
{
    // Timers take no more than some 49 days, and none of these makes sense above a day.
    private static readonly TimeSpan _longest = TimeSpan.FromHours(24);

    private const int FewestCached = 1000;
    private const int MostCached = 100_000_000;

    // A6: by the end of a lease its first holder's request, save and one repeated save surely are over.
    private const int DeadlinesPerLease = 3;

    public ValidateOptionsResult Validate(string? name, TokenLifecycleOptions options)
    {
        SettingProblems problems = new("TokenLifecycle", "the configuration section given to AddTokenLifecycle");
        CheckRange(problems, options.RefreshBefore, nameof(options.RefreshBefore), mayBeZero: false);
        CheckRange(problems, options.MinimumValidity, nameof(options.MinimumValidity), mayBeZero: false);
        CheckRange(problems, options.CacheDuration, nameof(options.CacheDuration), mayBeZero: true);
        CheckRange(problems, options.TokenEndpointTimeout, nameof(options.TokenEndpointTimeout), mayBeZero: false);
        CheckRange(problems, options.SaveTimeout, nameof(options.SaveTimeout), mayBeZero: false);
        CheckRange(problems, options.LeaseDuration, nameof(options.LeaseDuration), mayBeZero: false);
        CheckRange(problems, options.TakeoverWatch, nameof(options.TakeoverWatch), mayBeZero: true);
        CheckRange(problems, options.ObserverTimeout, nameof(options.ObserverTimeout), mayBeZero: false);
        problems.RequireDefined(options.WhenReauthorizationRequired, nameof(options.WhenReauthorizationRequired));
        problems.RequireDefined(options.CheckStoreOnStart, nameof(options.CheckStoreOnStart));

        problems.Require(
            options.MinimumValidity <= options.RefreshBefore,
            nameof(options.MinimumValidity),
            $"is {options.MinimumValidity}, more than RefreshBefore ({options.RefreshBefore}), so callers would wait for refreshes that ought to go on behind them",
            $"Set it to at most {options.RefreshBefore}");
        problems.Require(
            options.MaxCachedConnections is >= FewestCached and <= MostCached,
            nameof(options.MaxCachedConnections),
            string.Create(CultureInfo.InvariantCulture, $"is {options.MaxCachedConnections}"),
            string.Create(CultureInfo.InvariantCulture, $"Set it to a number from {FewestCached} to {MostCached}; one takes about a kilobyte"));
        problems.Require(
            options.ReconnectRatioThreshold is >= 0 and <= 1,
            nameof(options.ReconnectRatioThreshold),
            $"is {options.ReconnectRatioThreshold.ToString(CultureInfo.InvariantCulture)}, which is not a share",
            "Set it to a number from 0 to 1");
        CheckLease(problems, options);
        return problems.ToResult();
    }

    private static void CheckLease(SettingProblems problems, TokenLifecycleOptions options)
    {
        // Out of range, they have been named already, and their sum could overflow.
        if (!InRange(options.TokenEndpointTimeout) || !InRange(options.SaveTimeout))
            return;

        TimeSpan least = DeadlinesPerLease * (options.TokenEndpointTimeout + options.SaveTimeout);
        problems.Require(
            options.LeaseDuration >= least,
            nameof(options.LeaseDuration),
            $"is {options.LeaseDuration}, less than {DeadlinesPerLease} x (TokenEndpointTimeout {options.TokenEndpointTimeout} + SaveTimeout {options.SaveTimeout}) = {least}, so a second process could send a refresh token that the first is still using",
            $"Set it to at least {least}, or lower the two deadlines");
    }

    private static void CheckRange(SettingProblems problems, TimeSpan value, string setting, bool mayBeZero)
    {
        string from = mayBeZero ? "zero" : "more than zero";
        problems.Require(
            InRange(value) && (mayBeZero || value > TimeSpan.Zero),
            setting,
            $"is {value}",
            $"Set it to {from} and at most 24 hours, as hh:mm:ss");
    }

    private static bool InRange(TimeSpan value) => value >= TimeSpan.Zero && value <= _longest;
}
