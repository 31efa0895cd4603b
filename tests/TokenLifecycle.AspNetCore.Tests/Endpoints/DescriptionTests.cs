using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>What an OpenAPI document says, made by the framework's own generator.</summary>
public sealed class DescriptionTests
{
    private static readonly string[] Methods = ["get", "post"];

    [Fact]
    public async Task An_openapi_document_lists_every_endpoint_for_users_with_parameters_answers_and_words()
    {
        JsonElement document = await DocumentAsync();
        JsonElement fields = document.GetProperty("components").GetProperty("schemas").GetProperty("ConnectionForm").GetProperty("properties");

        (string Line, JsonElement Operation)[] all = [.. document.GetProperty("paths").EnumerateObject()
            .Where(path => path.Name.StartsWith("/connections", StringComparison.Ordinal))
            .SelectMany(path => Methods.Where(method => path.Value.TryGetProperty(method, out _)).Select(method => (Line(method, path.Name, path.Value.GetProperty(method)), path.Value.GetProperty(method))))];

        all.Select(operation => operation.Line).Should().BeEquivalentTo(
            "get /connections() -> 200 application/json, 401",
            "get /connections/overview() -> 200 application/json, 401",
            "get /connections/{provider}/connect(provider in path!, connection in query, returnUrl in query) -> 200 text/html, 401, 404",
            "post /connections/{provider}/connect(provider in path!, ConnectionForm) -> 303, 400, 401, 404, 503",
            "get /connections/{provider}/result(provider in path!, attempt in query!) -> 200 text/html, 401, 404",
            "post /connections/{provider}/disconnect(provider in path!, ConnectionForm) -> 200 application/json, 400, 401, 404, 503",
            "post /connections/{provider}/refresh(provider in path!, ConnectionForm) -> 200 application/json, 400, 401, 404, 503");
        fields.EnumerateObject().Select(field => field.Name).Should().Equal("connection", "returnUrl");
        all.Should().OnlyContain(o => o.Operation.GetProperty("summary").GetString()!.Length > 0);
        all.Should().OnlyContain(o => o.Operation.GetProperty("tags")[0].GetString() == "Connections");
        all.Select(o => o.Operation.GetProperty("operationId").GetString()).Should().OnlyHaveUniqueItems();
        all.Where(o => o.Line.StartsWith("post", StringComparison.Ordinal)).Should().OnlyContain(o => o.Operation.GetProperty("description").GetString()!.Contains("antiforgery"));
    }

    [Fact]
    public async Task What_went_wrong_is_a_problem_everywhere_and_no_shape_has_room_for_a_token()
    {
        JsonElement document = await DocumentAsync();

        foreach (JsonElement answer in document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .SelectMany(operation => operation.Value.GetProperty("responses").EnumerateObject()).Where(answer => answer.Name[0] is '4' or '5').Select(answer => answer.Value))
        {
            answer.GetProperty("content").GetProperty("application/problem+json").GetProperty("schema").GetProperty("$ref").GetString().Should().EndWith("/TokenProblem");
        }

        document.GetProperty("components").GetProperty("schemas").EnumerateObject()
            .SelectMany(schema => schema.Value.GetProperty("properties").EnumerateObject().Select(property => property.Name))
            .Should().NotContain(name => name.Contains("token", StringComparison.OrdinalIgnoreCase) || name.Contains("secret", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<JsonElement> DocumentAsync()
    {
        await using WebWorld world = await WebWorld.StartAsync(
            web: o => o.OperatorPolicy = "operator",
            services: services => services.AddAuthorization(o => o.AddPolicy("operator", policy => policy.RequireClaim("role", "operator"))).AddOpenApi(),
            app: app => app.MapOpenApi());
        using Browser browser = await world.BrowserOfAsync(user: null);
        return JsonDocument.Parse((await browser.GetAsync("/openapi/v1.json")).Text).RootElement;
    }

    private static string Line(string method, string path, JsonElement operation)
    {
        List<string> parameters = [];
        if (operation.TryGetProperty("parameters", out JsonElement listed))
            parameters.AddRange(listed.EnumerateArray().Select(p => $"{p.GetProperty("name")} in {p.GetProperty("in")}{(p.TryGetProperty("required", out JsonElement required) && required.GetBoolean() ? "!" : "")}"));
        if (operation.TryGetProperty("requestBody", out JsonElement body))
            parameters.Add(body.GetProperty("content").GetProperty("application/x-www-form-urlencoded").GetProperty("schema").GetProperty("$ref").GetString()!.Split('/')[^1]);
        IEnumerable<string> answers = operation.GetProperty("responses").EnumerateObject().OrderBy(answer => answer.Name, StringComparer.Ordinal)
            .Select(answer => answer.Name[0] == '2' ? $"{answer.Name} {answer.Value.GetProperty("content").EnumerateObject().Single().Name}" : answer.Name);
        return $"{method} {path}({string.Join(", ", parameters)}) -> {string.Join(", ", answers)}";
    }
}
