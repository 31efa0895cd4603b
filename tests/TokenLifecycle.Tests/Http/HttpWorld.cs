using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Http;

/// <summary>A world whose first process has a typed client, as an app has.</summary>
internal static class HttpWorld
{
    public static Task<World> StartAsync(
        Action<IHttpClientBuilder>? client = null,
        Action<IServiceCollection>? services = null,
        Action<OAuthProviderOptions>? provider = null,
        Action<SimulatedServerOptions>? server = null) => World.StartAsync(server, provider, services: all =>
        {
            IHttpClientBuilder builder = all.AddHttpClient<ApiClient>();
            client?.Invoke(builder);
            builder.AddTokenHandler(World.Provider);
            services?.Invoke(all);
        });

    public static ApiClient Api(this World world)
    {
        ApiClient api = world.Services.GetRequiredService<ApiClient>();
        api.Http.BaseAddress = world.Server.Address;
        return api;
    }

    public static HttpRequestMessage Request(this World world, string path = "/api/echo", HttpMethod? method = null, HttpContent? content = null) =>
        new HttpRequestMessage(method ?? (content is null ? HttpMethod.Get : HttpMethod.Post), path) { Content = content }.ForUser(world.Key.UserId);

    /// <summary>What reached the server besides its token endpoint.</summary>
    public static IReadOnlyList<RecordedRequest> ApiRequests(this World world) =>
        [.. world.Server.Log.Requests.Where(request => request.Path != world.Server.TokenEndpoint.Address.AbsolutePath)];

    public static async Task<string?> UserAsync(this HttpResponseMessage response) =>
        (string?)(await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>())!["user"];

    public static async Task<ProviderConfigurationException> RefusedAsync(this Func<Task> sending, ProviderConfigurationReason reason)
    {
        ProviderConfigurationException refused = (await sending.Should().ThrowAsync<ProviderConfigurationException>()).Which;
        refused.Reason.Should().Be(reason);
        return refused;
    }
}

/// <summary>A typed client as an app writes one.</summary>
internal sealed class ApiClient(HttpClient http)
{
    public HttpClient Http => http;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default) => http.SendAsync(request, cancellationToken);

    public Task<HttpResponseMessage> GetAsync(string path = "/api/echo") => http.GetAsync(path);
}
