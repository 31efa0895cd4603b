using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>Finds the address at which a person reconnects, with the connection that failed and the way back.</summary>
internal static class ReconnectAddress
{
    /// <returns>Null if there is no reconnect page, or if it is this page that failed.</returns>
    public static string? Of(HttpContext context, TokenException failure)
    {
        if (failure is not ReauthorizationRequiredException { ReconnectPath: { Length: > 0 } path })
            return null;
        if (!ReturnUrl.IsLocal(path))
            return Uri.TryCreate(path, UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttps ? path : null;

        // An app that shows its own error page has moved the request there.
        PathString asked = context.Features.Get<IExceptionHandlerPathFeature>()?.Path is { Length: > 0 } original ? new PathString(original) : context.Request.Path;
        string here = context.Request.PathBase + asked;
        if (string.Equals(path.Split('?', '#')[0], here, StringComparison.OrdinalIgnoreCase))
            return null;
        // The app's own page may have its own parameters; of ours there is the connection only.
        string[] parts = path.Split('?', 2);
        if (path.Contains('#', StringComparison.Ordinal) || (parts.Length == 2 && !parts[1].StartsWith(ReconnectLink.Connection + "=", StringComparison.Ordinal)))
            return path;

        string back = here + context.Request.QueryString;
        return HttpMethods.IsGet(context.Request.Method) && ReturnUrl.IsLocal(back)
            ? $"{path}{(parts.Length == 2 ? '&' : '?')}{ConnectionEndpoints.ReturnUrlField}={Uri.EscapeDataString(back)}"
            : path;
    }
}
