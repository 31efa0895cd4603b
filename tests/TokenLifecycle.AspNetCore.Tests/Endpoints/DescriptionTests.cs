using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>What an OpenAPI document will say.</summary>
public sealed class DescriptionTests
{
    [Fact]
    public async Task The_api_explorer_lists_every_endpoint_that_is_for_users_with_parameters_answers_and_words()
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.OperatorPolicy = "operator", services: services =>
        {
            services.AddAuthorization(o => o.AddPolicy("operator", policy => policy.RequireClaim("role", "operator")));
            services.AddEndpointsApiExplorer();
        });

        ApiDescription[] all = [.. world.App.Services.GetRequiredService<IApiDescriptionGroupCollectionProvider>().ApiDescriptionGroups.Items
            .SelectMany(group => group.Items).Where(api => api.RelativePath!.StartsWith("connections", StringComparison.Ordinal))];

        all.Select(Line).Should().BeEquivalentTo(
            "GET connections() -> 200 application/json",
            "GET connections/overview() -> 200 application/json",
            "GET connections/{provider}/connect(provider:Path, connection:Query?, returnUrl:Query?) -> 200 text/html",
            "POST connections/{provider}/connect(provider:Path, connection:Form?, returnUrl:Form?) -> 303 ",
            "GET connections/{provider}/result(provider:Path, attempt:Query) -> 200 text/html",
            "POST connections/{provider}/disconnect(provider:Path, connection:Form?, returnUrl:Form?) -> 200 application/json",
            "POST connections/{provider}/refresh(provider:Path, connection:Form?, returnUrl:Form?) -> 200 application/json");
        all.Should().OnlyContain(api => api.ActionDescriptor.EndpointMetadata.OfType<IEndpointSummaryMetadata>().Any(s => s.Summary.Length > 0));
        all.Should().OnlyContain(api => api.ActionDescriptor.EndpointMetadata.OfType<ITagsMetadata>().Single().Tags.Contains("Connections"));
        all.SelectMany(api => api.ActionDescriptor.EndpointMetadata.OfType<IEndpointNameMetadata>()).Select(name => name.EndpointName).Should().HaveCount(7).And.OnlyHaveUniqueItems();
        all.Should().OnlyContain(api => api.SupportedResponseTypes.Any(r => r.StatusCode == 404 && r.ApiResponseFormats.Any(f => f.MediaType == "application/problem+json")));
        all.Where(api => api.HttpMethod == "POST").Should().OnlyContain(api => api.SupportedRequestFormats.Any(f => f.MediaType == "application/x-www-form-urlencoded"));
    }

    private static string Line(ApiDescription api)
    {
        IEnumerable<string> parameters = api.ParameterDescriptions.Select(p => $"{p.Name}:{p.Source.Id}{(p.IsRequired ? "" : "?")}");
        ApiResponseType? success = api.SupportedResponseTypes.SingleOrDefault(r => r.StatusCode < 400);
        return $"{api.HttpMethod} {api.RelativePath}({string.Join(", ", parameters)}) -> {success?.StatusCode} {success?.ApiResponseFormats.FirstOrDefault()?.MediaType}";
    }
}
