using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Providers;
using TokenLifecycle.State;

namespace TokenLifecycle.Background;

/// <summary>
/// D9: a token must be found due, acquired and refreshed within its expiry buffer, or it expires before the next pass of the background
/// refresh. Checked on start for every provider.
/// </summary>
internal sealed class RefreshWindowCheck(ProviderNames names, IOptionsMonitor<OAuthProviderOptions> providers, IOptionsMonitor<TokenLifecycleOptions> lifecycle)
    : IValidateOptions<BackgroundRefreshOptions>
{
    private const double IntervalsPerWindow = 1.2;

    public ValidateOptionsResult Validate(string? name, BackgroundRefreshOptions options)
    {
        if (!options.Enabled)
            return ValidateOptionsResult.Success;

        SettingProblems problems = new("TokenLifecycle background refresh", "the configuration section given to AddBackgroundRefresh");
        foreach (string provider in names.Names)
        {
            TokenLifecycleOptions shared = lifecycle.CurrentValue;
            TimeSpan window = RefreshTiming.For(shared, providers.Get(provider), lifetime: null).RefreshBefore;
            TimeSpan deadline = shared.TokenEndpointTimeout + shared.SaveTimeout;
            TimeSpan needed = (options.Interval * IntervalsPerWindow) + (window * RefreshSchedule.LeadJitter) + deadline;
            problems.Require(
                window >= needed,
                nameof(options.Interval),
                $"is {options.Interval}, too long for provider {provider}: its tokens are due {window} before their expiry (RefreshBefore), of which {window * RefreshSchedule.LeadJitter} is jitter and {deadline} may be needed for one refresh, so some would expire before they are found",
                $"Set it to at most {TimeSpan.FromSeconds(Math.Max(0, Math.Floor(((window * (1 - RefreshSchedule.LeadJitter)) - deadline).TotalSeconds / IntervalsPerWindow)))}, or raise RefreshBefore");
        }

        return problems.ToResult();
    }
}
