using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>Writes responses that are not pages.</summary>
internal static class Answers
{
    public const string ProblemType = "application/problem+json";

    public static Task WriteAsync(HttpResponse response, TokenProblem problem)
    {
        if (problem.RetryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return WriteAsync(response, problem.Status, problem, WebJson.Default.TokenProblem, ProblemType);
    }

    public static Task WriteAsync<T>(HttpResponse response, int status, T value, JsonTypeInfo<T> type, string contentType = "application/json")
    {
        response.StatusCode = status;
        response.ContentType = contentType;
        return response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type)).AsTask();
    }

    /// <summary>The address is written unchanged: nothing parses or joins it again (EP-3).</summary>
    public static void SeeOther(HttpResponse response, string address)
    {
        response.StatusCode = StatusCodes.Status303SeeOther;
        response.Headers.Location = address;
    }

    /// <summary>
    /// Whether a person in a browser waits for a page: HTML is accepted, and not less than JSON; a script of a page isn't a person, and
    /// browsers state which it is (<c>Sec-Fetch-Mode</c>).
    /// </summary>
    public static bool IsNavigation(HttpRequest request)
    {
        string mode = request.Headers["Sec-Fetch-Mode"].ToString();
        if (mode.Length > 0 && !string.Equals(mode, "navigate", StringComparison.OrdinalIgnoreCase))
            return false;
        double html = QualityOf(request, "text/html");
        return html > 0 && html >= Math.Max(QualityOf(request, "application/json"), QualityOf(request, ProblemType));
    }

    private static double QualityOf(HttpRequest request, string type) => request.GetTypedHeaders().Accept
        .Where(accepted => accepted.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase))
        .Select(static accepted => accepted.Quality ?? 1)
        .DefaultIfEmpty(0)
        .Max();

    public static bool WantsPage(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
