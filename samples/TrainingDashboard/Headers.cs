using Microsoft.Extensions.Options;
using TokenLifecycle;
using TokenLifecycle.Options;

namespace TrainingDashboard;

/// <summary>Restricts the app's own pages: they may load only this app's style and script, and post only its forms.</summary>
internal static class Headers
{
    public static void UseStrictHeaders(this WebApplication app)
    {
        // The form "Connect" redirects to the provider, and browsers apply form-action to every redirect. A real provider may redirect to another sign-in page.
        IOptionsMonitor<OAuthProviderOptions> settings = app.Services.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>();
        string[] providers = [.. app.Services.GetRequiredService<IRegisteredProviders>().Names
            .Select(name => new Uri(settings.Get(name).AuthorizationEndpoint!).GetLeftPart(UriPartial.Authority))
            .Select(origin => origin.StartsWith("https:", StringComparison.Ordinal) ? "https:" : origin)
            .Distinct(StringComparer.Ordinal)];
        string policy =
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; " +
            $"form-action 'self' {string.Join(' ', providers)}";

        app.Use((context, next) =>
        {
            IHeaderDictionary headers = context.Response.Headers;
            headers.ContentSecurityPolicy = policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            // Pages are about one user, so only files may be cached.
            if (!Path.HasExtension(context.Request.Path.Value))
                headers.CacheControl = "no-store";
            return next(context);
        });
    }
}
