using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Turns the three token exceptions, wherever in the app they come from, into a response that states who can act: problem details for
/// programs; for a person in a browser, the reconnect page, or a page that says what to do.
/// </summary>
internal sealed class TokenExceptionHandler : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not TokenException failure || httpContext.Response.HasStarted)
            return false;
        httpContext.Response.Headers.CacheControl = "no-store";
        httpContext.Response.Headers.Append("Vary", "Accept");
        TokenProblem problem = TokenProblem.Of(failure);
        if (!Answers.IsNavigation(httpContext.Request))
            await Answers.WriteAsync(httpContext.Response, problem).ConfigureAwait(false);
        else if (ReconnectAddress.Of(httpContext, failure) is { } address)
            Answers.SeeOther(httpContext.Response, address);
        else
            await WritePageAsync(httpContext.Response, problem).ConfigureAwait(false);
        return true;
    }

    private static Task WritePageAsync(HttpResponse response, TokenProblem problem)
    {
        if (problem.RetryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return new Page("This did not work").Say(problem.Detail ?? problem.Title).WriteAsync(response, problem.Status);
    }
}
