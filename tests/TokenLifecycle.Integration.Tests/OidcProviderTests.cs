using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Web;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Integration.Tests;

/// <summary>What the real provider does, asked by hand: the ground under the tests of the library itself.</summary>
[Collection(OidcProviderCollection.Name)]
public sealed class OidcProviderTests(OidcProvider provider) : IDisposable
{
    private readonly HttpClient _http = new();

    public void Dispose() => _http.Dispose();

    [OidcProviderFact]
    public async Task A_user_signs_in_consents_and_comes_back_with_a_code_for_the_client_that_authenticates_in_the_header()
    {
        JsonElement tokens = await ConnectAsync(provider.BasicClient, "ann");

        Text(tokens, "access_token").Should().Contain(Canary.Mark);
        Text(tokens, "refresh_token").Should().Contain(Canary.Mark);
        tokens.GetProperty("expires_in").GetInt32().Should().Be(3600);
    }

    [OidcProviderFact]
    public async Task A_client_that_authenticates_in_the_body_gets_tokens() =>
        Text(await ConnectAsync(provider.PostClient, "bob"), "refresh_token").Should().NotBeEmpty();

    [OidcProviderFact]
    public async Task A_public_client_gets_tokens_by_its_verifier_alone() =>
        Text(await ConnectAsync(provider.PublicClient, "cid"), "refresh_token").Should().NotBeEmpty();

    [OidcProviderFact]
    public async Task A_wrong_verifier_gets_nothing()
    {
        var request = new AuthorizationRequest(provider, provider.BasicClient);
        Dictionary<string, string> form = request.Exchange(await provider.ConsentAsync(request.Url, "dan"));
        form["code_verifier"] = new AuthorizationRequest(provider, provider.BasicClient).Verifier;

        (HttpStatusCode status, JsonElement body) = await PostAsync(provider.BasicClient, provider.TokenEndpoint, form);

        status.Should().Be(HttpStatusCode.BadRequest);
        Text(body, "error").Should().Be("invalid_grant");
    }

    [OidcProviderFact]
    public async Task Ten_refreshes_give_ten_new_refresh_tokens()
    {
        JsonElement tokens = await ConnectAsync(provider.BasicClient, "eve");
        List<string> seen = [Text(tokens, "refresh_token")];

        for (int i = 0; i < 10; i++)
        {
            (HttpStatusCode status, tokens) = await RefreshAsync(provider.BasicClient, seen[^1]);
            status.Should().Be(HttpStatusCode.OK);
            seen.Add(Text(tokens, "refresh_token"));
        }

        seen.Should().OnlyHaveUniqueItems();
        (await CallResourceAsync(Text(tokens, "access_token"))).Status.Should().Be(HttpStatusCode.OK);
    }

    [OidcProviderFact]
    public async Task A_spent_refresh_token_that_comes_back_ends_the_whole_grant()
    {
        JsonElement first = await ConnectAsync(provider.BasicClient, "fay");
        (_, JsonElement second) = await RefreshAsync(provider.BasicClient, Text(first, "refresh_token"));

        (HttpStatusCode replayed, JsonElement error) = await RefreshAsync(provider.BasicClient, Text(first, "refresh_token"));
        (HttpStatusCode successor, _) = await RefreshAsync(provider.BasicClient, Text(second, "refresh_token"));

        replayed.Should().Be(HttpStatusCode.BadRequest);
        Text(error, "error").Should().Be("invalid_grant");
        successor.Should().Be(HttpStatusCode.BadRequest);
        (await CallResourceAsync(Text(second, "access_token"))).Status.Should().Be(HttpStatusCode.Unauthorized);
    }

    [OidcProviderFact]
    public async Task A_revoked_refresh_token_refreshes_nothing()
    {
        JsonElement tokens = await ConnectAsync(provider.BasicClient, "gus");
        string refreshToken = Text(tokens, "refresh_token");

        (HttpStatusCode revoked, _) = await PostAsync(provider.BasicClient, provider.RevocationEndpoint, new() { ["token"] = refreshToken });
        (HttpStatusCode refreshed, _) = await RefreshAsync(provider.BasicClient, refreshToken);

        revoked.Should().Be(HttpStatusCode.OK);
        refreshed.Should().Be(HttpStatusCode.BadRequest);
    }

    [OidcProviderFact]
    public async Task A_wrong_secret_is_a_mistake_of_the_client_not_of_the_grant()
    {
        JsonElement tokens = await ConnectAsync(provider.BasicClient, "hal");
        OidcClient mistaken = provider.BasicClient with { Secret = Canary.New("wrong") };

        (HttpStatusCode status, JsonElement body) = await RefreshAsync(mistaken, Text(tokens, "refresh_token"));

        status.Should().Be(HttpStatusCode.Unauthorized);
        Text(body, "error").Should().Be("invalid_client");
        (await RefreshAsync(provider.BasicClient, Text(tokens, "refresh_token"))).Status.Should().Be(HttpStatusCode.OK);
    }

    [OidcProviderFact]
    public async Task A_machine_gets_an_access_token_and_no_refresh_token()
    {
        Dictionary<string, string> form = new() { ["grant_type"] = "client_credentials", ["scope"] = "api:read" };

        (HttpStatusCode status, JsonElement tokens) = await PostAsync(provider.MachineClient, provider.TokenEndpoint, form);

        status.Should().Be(HttpStatusCode.OK);
        tokens.TryGetProperty("refresh_token", out _).Should().BeFalse();
        (await CallResourceAsync(Text(tokens, "access_token"))).Body.GetProperty("client").GetString().Should().Be("machine");
    }

    [OidcProviderFact]
    public async Task The_resource_tells_users_and_tokens_apart()
    {
        JsonElement first = await ConnectAsync(provider.BasicClient, "ida");
        (_, JsonElement second) = await RefreshAsync(provider.BasicClient, Text(first, "refresh_token"));

        JsonElement before = (await CallResourceAsync(Text(first, "access_token"))).Body;
        JsonElement after = (await CallResourceAsync(Text(second, "access_token"))).Body;

        Text(before, "sub").Should().Be("ida");
        Text(after, "sub").Should().Be("ida");
        Text(after, "jti").Should().NotBe(Text(before, "jti")).And.NotContain(Canary.Mark);
        (await CallResourceAsync(Canary.New("unknown"))).Status.Should().Be(HttpStatusCode.Unauthorized);
    }

    private static string Text(JsonElement body, string name) => body.GetProperty(name).GetString()!;

    private async Task<JsonElement> ConnectAsync(OidcClient client, string login)
    {
        var request = new AuthorizationRequest(provider, client);
        Uri callback = await provider.ConsentAsync(request.Url, login);
        HttpUtility.ParseQueryString(callback.Query)["state"].Should().Be(request.State);

        (HttpStatusCode status, JsonElement tokens) = await PostAsync(client, provider.TokenEndpoint, request.Exchange(callback));
        status.Should().Be(HttpStatusCode.OK);
        return tokens;
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> RefreshAsync(OidcClient client, string refreshToken) =>
        PostAsync(client, provider.TokenEndpoint, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken });

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(OidcClient client, Uri endpoint, Dictionary<string, string> form)
    {
        using HttpRequestMessage request = client.Request(endpoint, form);
        return await SendAsync(request);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> CallResourceAsync(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.ResourceUri);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await SendAsync(request);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage answer = await _http.SendAsync(request);
        bool isJson = answer.Content.Headers.ContentType?.MediaType == "application/json";
        return (answer.StatusCode, isJson ? await answer.Content.ReadFromJsonAsync<JsonElement>() : default);
    }
}
