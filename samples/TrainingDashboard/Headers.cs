using Microsoft.Extensions.Options;
using TokenLifecycle;
using TokenLifecycle.Options;

namespace TrainingDashboard;

/// <summary>What the browser may do on the app's own pages: load this app's style and script, post its forms. Nothing inline, nothing from elsewhere.</summary>
internal static class Headers
{
    public static void UseStrictHeaders(this WebApplication app)
    {
        // "Connect" is a form that ends at the provider, and browsers count every step of that as the form's. A real provider may lead on to a sign-in page elsewhere.
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
            // Pages are about one user; only files may be kept.
            if (!Path.HasExtension(context.Request.Path.Value))
                headers.CacheControl = "no-store";
            return next(context);
        });
    }
}
