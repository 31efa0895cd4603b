using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Describes the endpoints for the API explorer, and so for OpenAPI documents. They read their requests themselves, after their bounds, and
/// so have no parameters
/// to be found out: the shapes below say what they would be.
/// </summary>
internal static class EndpointDescription
{
    private const string Form = "application/x-www-form-urlencoded";

    public delegate Task Alone();

    public delegate Task OfProvider([FromRoute] string provider, [FromQuery] string? connection, [FromQuery] string? returnUrl);

    public delegate Task OfAttempt([FromRoute] string provider, [FromQuery] string attempt);

    public delegate Task Posted([FromRoute] string provider, [FromForm] ConnectionForm form);

    /// <param name="endpoint">The endpoint.</param>
    /// <param name="name">Its name, for links.</param>
    /// <param name="summary">What it does.</param>
    /// <param name="shape">One of the delegates here.</param>
    /// <param name="success">The status of success.</param>
    /// <param name="json">What it answers as JSON; <see langword="null"/> if it answers a page only, or nothing.</param>
    public static IEndpointConventionBuilder Describe(
        this IEndpointConventionBuilder endpoint, string name, string summary, Type shape, int success = StatusCodes.Status200OK, Type? json = null)
    {
        MethodInfo method = shape.GetMethod("Invoke")!;
        NullabilityInfoContext nullability = new();
        object[] parameters = [.. method.GetParameters().Select(parameter => new Parameter(parameter, nullability.Create(parameter).WriteState == NullabilityState.Nullable))];
        endpoint.WithName("TokenLifecycle." + name).WithSummary(summary);
        endpoint.WithMetadata(
        [
            method,
            .. parameters,
            json is not null ? new ProducesResponseTypeMetadata(success, json, ["application/json"])
                : success == StatusCodes.Status200OK ? new ProducesResponseTypeMetadata(success, typeof(string), ["text/html"])
                : new ProducesResponseTypeMetadata(success, typeof(void)),
            Problem(StatusCodes.Status401Unauthorized),
        ]);
        if (shape != typeof(Alone))
            endpoint.WithMetadata(Problem(StatusCodes.Status404NotFound));
        if (shape == typeof(Posted))
        {
            endpoint.WithDescription("Needs the antiforgery token of the app, as a form field or a header.")
                .WithMetadata(new AcceptsMetadata([Form], isOptional: false), Problem(StatusCodes.Status400BadRequest), Problem(StatusCodes.Status503ServiceUnavailable));
        }

        return endpoint;
    }

    private static ProducesResponseTypeMetadata Problem(int status) => new(status, typeof(TokenProblem), [Answers.ProblemType]);

    private sealed record Parameter(ParameterInfo ParameterInfo, bool IsOptional) : IParameterBindingMetadata
    {
        public string Name => ParameterInfo.Name!;

        public bool HasTryParse => false;

        public bool HasBindAsync => false;
    }
}
