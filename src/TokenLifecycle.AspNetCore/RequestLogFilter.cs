using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Turns off the framework's log of every request at Information, which holds the query of callbacks: a code that was refused, or not
/// redeemed yet, would be in it
/// (FS-8, LG-6). An app that names the category itself has decided otherwise.
/// </summary>
internal sealed class RequestLogFilter : IPostConfigureOptions<LoggerFilterOptions>
{
    public const string Category = "Microsoft.AspNetCore.Hosting.Diagnostics";

    public void PostConfigure(string? name, LoggerFilterOptions options)
    {
        if (options.Rules.Any(static rule => rule.ProviderName is null && Names(rule)))
            return;

        // A rule of one log provider counts more than a rule of all, however short its category is.
        foreach (string? provider in options.Rules.Select(static rule => rule.ProviderName).Append(null).Distinct(StringComparer.Ordinal).ToArray())
        {
            if (!options.Rules.Any(rule => rule.ProviderName == provider && Names(rule)))
                options.Rules.Add(new LoggerFilterRule(provider, Category, LogLevel.Warning, filter: null));
        }

        static bool Names(LoggerFilterRule rule) => string.Equals(rule.CategoryName, Category, StringComparison.OrdinalIgnoreCase);
    }
}
