using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// What all endpoints have around them: headers, bounds before any work (DL-3), and an answer for everything that can go wrong (EP-4).
/// </summary>
internal static class Shell
{
    public const int MaxForm = 32 * 1024;
    private const int MaxQuery = 8 * 1024;

    public static RequestDelegate Around(Func<HttpContext, Task> handler) => async context =>
    {
        HttpResponse response = context.Response;
        SetHeaders(response.Headers);
        try
        {
            if (context.Request.QueryString.Value is { Length: > MaxQuery })
                throw new BadHttpRequestException("The address is too long.", StatusCodes.Status414UriTooLong);
            if (context.Request.ContentLength > MaxForm)
                throw new BadHttpRequestException("The form is too large.", StatusCodes.Status413PayloadTooLarge);
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
                body.MaxRequestBodySize = MaxForm;
            await handler(context).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The browser has gone: there is no one to respond to. What it has begun was finished before this.
        }
        catch (BadHttpRequestException bad) when (!response.HasStarted)
        {
            await RefuseAsync(context, bad.StatusCode, bad.StatusCode >= StatusCodes.Status500InternalServerError ? "This cannot be done now" : "This request cannot be served").ConfigureAwait(false);
        }
        catch (Exception malformed) when (!response.HasStarted && malformed is AntiforgeryValidationException or InvalidDataException or ArgumentException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "This request is not valid. Go back, reload the page and try again").ConfigureAwait(false);
        }
        catch (TokenException failure) when (!response.HasStarted)
        {
            TokenProblem problem = TokenProblem.Of(failure);
            if (Answers.WantsPage(context.Request))
                await Onward(context, new Page(problem.Title).Say(problem.Detail ?? ""), problem.ReconnectUrl).WriteAsync(response, problem.Status).ConfigureAwait(false);
            else
                await Answers.WriteAsync(response, problem).ConfigureAwait(false);
        }
        catch (Exception failure) when (!response.HasStarted)
        {
            // A store that is down, most likely. Not left to the app's error page, which may print the address with the code in it.
            WebLog.EndpointBroke(context.RequestServices.GetRequiredService<ILogger<ConnectionFlow>>(), failure, (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "This cannot be done now. Try again in a moment").ConfigureAwait(false);
        }
    };

    /// <summary>The only kind of body that is read: parts and files have no business here.</summary>
    public static bool IsPlainForm(HttpRequest request) =>
        request.ContentType is { } type && type.Split(';')[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    /// <summary>The same response for what does not exist and for what belongs to another user (EP-2).</summary>
    public static Task NotFoundAsync(HttpContext context) => RefuseAsync(context, StatusCodes.Status404NotFound, "There is nothing here");

    public static Task RefuseAsync(HttpContext context, int status, string title) =>
        Answers.WantsPage(context.Request)
            ? Onward(context, new Page(title).Say(Explain(status)), reconnect: null).WriteAsync(context.Response, status)
            : Answers.WriteAsync(context.Response, TokenProblem.Plain(status, title));

    private static string Explain(int status) => status switch
    {
        StatusCodes.Status404NotFound => "The address is wrong or too old, or what it names is not yours.",
        StatusCodes.Status401Unauthorized => "Sign in, then try again. Nothing was changed.",
        < StatusCodes.Status500InternalServerError => "Nothing was changed.",
        _ => "Something went wrong on our side. Try again in a moment. Contact support if this continues.",
    };

    private static Page Onward(HttpContext context, Page page, string? reconnect)
    {
        string root = context.RequestServices.GetRequiredService<PublicAddresses>().Root;
        return reconnect is null ? page.Link(root, "Go to the start page", isMain: true) : page.Link(reconnect, "Reconnect", isMain: true).Link(root, "Go to the start page");
    }

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = Page.BarePolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
    }
}
