using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Http;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Integration.Tests;

/// <summary>A token that the library believes in and the server does not: the library's clock stands still while the server's goes on.</summary>
public sealed class RejectedTokenTests
{
    private const int AccessTokenSeconds = 2;

    [OidcProviderFact]
    public async Task A_401_is_answered_with_one_refresh_and_the_call_succeeds()
    {
        var provider = new OidcProvider { AccessTokenSeconds = AccessTokenSeconds };
        await provider.InitializeAsync();
        try
        {
            var services = new ServiceCollection();
            services.AddCanaryLogging();
            services.AddSingleton<TimeProvider>(new ManualTimeProvider(TimeProvider.System.GetUtcNow()));
            services.AddTokenLifecycle().AddProvider("oidc", o =>
            {
                o.ClientId = provider.PostClient.Id;
                o.ClientSecret = provider.PostClient.Secret;
                o.Scopes = ["openid", "offline_access"];
                o.AuthorizationEndpoint = provider.AuthorizationEndpoint.AbsoluteUri;
                o.TokenEndpoint = provider.TokenEndpoint.AbsoluteUri;
                o.AdditionalAuthorizationParameters["prompt"] = "consent";
                o.ApiOrigins = [provider.Issuer.GetLeftPart(UriPartial.Authority)];
                o.AllowHttpOnLoopback = true;
            });
            services.AddHttpClient("api").AddTokenHandler("oidc");
            await using ServiceProvider app = services.BuildServiceProvider();
            var flow = app.GetRequiredService<IAuthorizationCodeFlow>();
            Protocol.AuthorizationRequest request = flow.CreateRequest("oidc", OidcProvider.RedirectUri);
            Uri callback = await provider.ConsentAsync(request.Url, "dan");
            TokenSet tokens = await flow.ExchangeAsync(request, AuthorizationResponse.Parse(callback.Query));
            await app.GetRequiredService<ITokenManager>().SaveAsync(new TokenKey("oidc", "dan"), tokens);
            await UntilRejectedAsync(provider.ResourceUri, tokens.AccessToken);

            using HttpResponseMessage response = await app.GetRequiredService<IHttpClientFactory>().CreateClient("api")
                .SendAsync(new HttpRequestMessage(HttpMethod.Get, provider.ResourceUri).ForUser("dan"));

            response.StatusCode.Should().Be(HttpStatusCode.OK);
        }
        finally
        {
            await provider.DisposeAsync();
        }
    }

    /// <summary>Asks until the server's own clock has ended the token.</summary>
    private static async Task UntilRejectedAsync(Uri resource, string accessToken)
    {
        using var http = new HttpClient();
        HttpStatusCode status;
        do
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, resource);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
            using HttpResponseMessage response = await http.SendAsync(request);
            status = response.StatusCode;
        }
        while (status == HttpStatusCode.OK);
    }
}
