using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Turns the three token exceptions, wherever in the app they come from, into problem details that state who can resolve the problem.
/// </summary>
internal sealed class TokenExceptionHandler : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not TokenException failure || httpContext.Response.HasStarted)
            return false;
        httpContext.Response.Headers.CacheControl = "no-store";
        await Answers.WriteAsync(httpContext.Response, TokenProblem.Of(failure)).ConfigureAwait(false);
        return true;
    }
}
