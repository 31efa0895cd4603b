using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>Finds the address at which a person reconnects, with the connection that failed and the way back.</summary>
internal static class ReconnectAddress
{
    /// <returns>Null if there is no reconnect page, or if it is this page that failed.</returns>
    public static string? Of(HttpContext context, TokenException failure)
    {
        if (failure is not ReauthorizationRequiredException { ReconnectPath: { Length: > 0 } path } gone)
            return null;
        if (!ReturnUrl.IsLocal(path))
            return Uri.TryCreate(path, UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttps ? path : null;

        // An app that shows its own error page has moved the request there.
        PathString asked = context.Features.Get<IExceptionHandlerPathFeature>()?.Path is { Length: > 0 } original ? new PathString(original) : context.Request.Path;
        string here = context.Request.PathBase + asked;
        if (string.Equals(path.Split('?', '#')[0], here, StringComparison.OrdinalIgnoreCase))
            return null;
        if (path.AsSpan().ContainsAny('?', '#'))
            return path; // The app's own page, with its own parameters.

        string back = here + context.Request.QueryString;
        string query = string.Join('&', new[]
        {
            gone.Key?.Connection is { } connection && connection != TokenKey.DefaultConnection ? $"{ConnectionEndpoints.ConnectionField}={Uri.EscapeDataString(connection)}" : null,
            HttpMethods.IsGet(context.Request.Method) && ReturnUrl.IsLocal(back) ? $"{ConnectionEndpoints.ReturnUrlField}={Uri.EscapeDataString(back)}" : null,
        }.OfType<string>());
        return query.Length == 0 ? path : $"{path}?{query}";
    }
}
