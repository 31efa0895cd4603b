using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>Names everything that is wrong with the settings at once, and what to write instead.</summary>
internal sealed class TokenLifecycleWebOptionsValidator(IHostEnvironment environment, IRegisteredProviders providers) : IValidateOptions<TokenLifecycleWebOptions>
{
    private static readonly TimeSpan LongestRequest = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, TokenLifecycleWebOptions options)
    {
        List<string> problems = [];
        if (string.IsNullOrEmpty(options.PublicOrigin))
        {
            if (!environment.IsDevelopment())
                Add(nameof(options.PublicOrigin), "is not set, and outside Development it is never guessed from a request", "Set it to where users reach the app", "\"https://app.example.com\"");
        }
        else if (!IsOrigin(options.PublicOrigin))
        {
            Add(
                nameof(options.PublicOrigin),
                IsPlainHttp(options.PublicOrigin) ? "is http://, which only loopback in Development may be: others could read the codes that come back" : "is not an origin",
                "Write scheme, host and port only, without a path or a closing slash",
                $"\"{NearestOrigin(options.PublicOrigin)}\"");
        }

        if (options.PublicPathBase.Length > 0 && (!ReturnUrl.IsLocal(options.PublicPathBase) || options.PublicPathBase.EndsWith('/') || options.PublicPathBase.AsSpan().ContainsAny("?#")))
            Add(nameof(options.PublicPathBase), "is not a path", "Begin it with a slash and do not end it with one, or leave it empty", "\"/app\"");
        if (options.RequestLifetime <= TimeSpan.Zero || options.RequestLifetime > LongestRequest)
            Add(nameof(options.RequestLifetime), "is not between zero and one hour", "Leave it at ten minutes", "TimeSpan.FromMinutes(10)");
        if (options.MaxPendingPerBrowser < 1 || options.MaxPendingPerUser < options.MaxPendingPerBrowser || options.MaxPending < options.MaxPendingPerUser)
            Add(nameof(options.MaxPending), "does not fit its neighbours", "Choose 1 <= MaxPendingPerBrowser <= MaxPendingPerUser <= MaxPending", "10_000");
        foreach (string unknown in options.SignInProviders.Where(provider => !providers.Names.Contains(provider, StringComparer.Ordinal)))
            Add(nameof(options.SignInProviders), $"names \"{unknown}\", which is not registered", $"Registered are {string.Join(", ", providers.Names)} (case-sensitive)", $"[\"{(providers.Names.Count > 0 ? providers.Names[0] : "strava")}\"]");
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Add(string setting, string problem, string remedy, string value) =>
            problems.Add($"TokenLifecycle's web settings: {setting} {problem}. {remedy}: AddTokenLifecycle().AddConnectionEndpoints(o => o.{setting} = {value}).");
    }

    private bool IsPlainHttp(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttp && !MayBeHttp(uri);

    private bool MayBeHttp(Uri uri) => uri.IsLoopback && environment.IsDevelopment();

    /// <summary>What was probably meant. Text that is not an address is not repeated: it may be a secret in the wrong line.</summary>
    private string NearestOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "https" or "http" && uri.UserInfo.Length == 0
            ? $"{(MayBeHttp(uri) ? uri.Scheme : Uri.UriSchemeHttps)}://{uri.Authority}"
            : "https://app.example.com";

    private bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp && MayBeHttp(uri))
        && string.Equals(uri.GetLeftPart(UriPartial.Authority), text, StringComparison.OrdinalIgnoreCase)
        && uri.UserInfo.Length == 0;
}
